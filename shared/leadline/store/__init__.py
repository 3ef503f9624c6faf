"""Where facts, cells and configuration are kept: one DynamoDB table, one transaction writer, paged readers."""
