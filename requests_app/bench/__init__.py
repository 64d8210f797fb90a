"""The answer bench: open rows of one service across requests, in a grid or a workbook."""
