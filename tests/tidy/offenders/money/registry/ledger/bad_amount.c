double amount;
