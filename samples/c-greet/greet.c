#include "greet.h"
#include <stdio.h>

void greet(const char *whom)
{
    printf("Hello, %s!\n", whom);
}
