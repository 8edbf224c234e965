/* An exception that nobody in the plugin catches. */
extern "C" void hostile_throw(void);

extern "C" void hostile_throw(void)
{
    throw 1;
}
