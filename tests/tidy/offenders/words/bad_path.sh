cat "/home/somebody/keys/id"
