"""What an event and a query cost, and how that grows: `make bench`. Not a test: it prints, and asserts nothing.

The real handlers run with real boto3 clients; what those would send is answered from memory in this process, so the requests,
items and bytes are the true ones and the units are worked out from the items' sizes by DynamoDB's published rules.
"""
