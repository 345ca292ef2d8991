"""What the bank says to customers, what comes of it, and which campaign really sells how much to whom."""
