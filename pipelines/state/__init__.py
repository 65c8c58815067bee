"""Keep the folder of all state: lock, fence, ledger of steps, and their holders; stores in it have their own rooms."""
