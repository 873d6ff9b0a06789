"""What the pane of a conversation reads: the stream of lines, how each is drawn and worded, the customer beside it."""
