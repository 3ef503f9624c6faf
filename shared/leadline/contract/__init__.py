"""What crosses a border, each thing once: values and their faults, events, messages, reasons, metrics and settings."""
