/* Prints and ends with 0, or does as its argument says. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **words)
{
    const char *what = count > 1 ? words[1] : "";
    if (!strcmp(what, "segfault"))
        *(volatile int *)0 = 1;
    if (!strcmp(what, "abort"))
        abort();
    if (!strcmp(what, "eat"))
        for (;;) {
            char *more = malloc(1 << 20);
            if (more)
                memset(more, 1, 1 << 20);
        }
    if (!strcmp(what, "exit"))
        return atoi(words[2]);
    puts("well");
    return 0;
}
