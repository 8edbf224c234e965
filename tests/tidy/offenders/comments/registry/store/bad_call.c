/* See forgotten_helper(). */
int counter;
