"""The folder of all state: lock, fence, ledger of steps, who holds them; what is stored there has its own rooms."""
