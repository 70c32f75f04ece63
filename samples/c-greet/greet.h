void greet(const char *whom);
