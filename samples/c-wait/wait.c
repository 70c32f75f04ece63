/* Waits for ever, as a server without requests does, and has no signal handler. */

#include <stdio.h>
#include <unistd.h>

int main(void)
{
    puts("waiting");
    fflush(stdout);
    for (;;)
        pause();
}
