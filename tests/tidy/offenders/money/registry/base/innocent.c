double real;
