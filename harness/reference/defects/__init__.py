"""Faults that spoil documents, one module per group of documents. Each function makes one defect."""
