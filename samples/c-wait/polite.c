/* Waits until it is told to end. */

#include <signal.h>
#include <stdio.h>

int main(void)
{
    sigset_t end;
    int which;

    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    puts("waiting");
    fflush(stdout);
    sigwait(&end, &which);
    puts("told to end");
    return 0;
}
