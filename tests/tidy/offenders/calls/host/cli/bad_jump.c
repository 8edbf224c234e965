int jump(int n)
{
    if (n == 0)
        goto out;
    n--;
out:
    return n;
}
