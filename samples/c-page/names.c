/* Two nameservers in one container, and a program that asks them.

   names RESOLV.CONF COMMAND...

   It writes /etc/resolv.conf, runs the command, and prints what the nameservers were asked. The one
   at 127.0.0.1 is the company's own and takes its time; the one at 127.0.0.2 is the provider's. */

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *known[] = {"db.corp.test", "db.eu.corp.test", "big.corp.test"};

enum { OWN, PROVIDER, SERVERS, OWN_TCP = SERVERS, SOCKETS };

#define SLOW 0.5 /* seconds that the company's own takes */

static struct pending {
    double due;
    int socket;
    struct sockaddr_in from;
    unsigned char packet[600];
    size_t size;
} pending[32];

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* Makes the answer of a question in place, and returns its size. */
static size_t answer(unsigned char *packet, int server, char *name)
{
    size_t at = 12, end = 0, found = 0;

    for (; packet[at]; at += packet[at] + 1) {
        memcpy(name + end, packet + at + 1, packet[at]);
        end += packet[at];
        name[end++] = '.';
    }
    name[end ? end - 1 : 0] = '\0';
    at += 5;

    for (size_t each = 0; each < sizeof known / sizeof *known; each++)
        found |= server != PROVIDER && !strcmp(name, known[each]);
    int cut = found && server != OWN_TCP && !strncmp(name, "big.", 4);

    packet[2] = 0x81 | cut << 1;        /* an answer, and whether it was cut off */
    packet[3] = 0x80 | (found ? 0 : 3); /* 3: there is no such name */
    memset(packet + 4, 0, 8);
    packet[5] = 1;
    if (found && !cut) {
        packet[7] = 1;
        memcpy(packet + at, "\xc0\x0c\0\1\0\1\0\0\0\74\0\4\12\0\0\7", 16);
        at += 16;
    }
    return at;
}

static void serve(int *sockets, int log)
{
    static const char *shown[] = {"127.0.0.1", "127.0.0.2", "127.0.0.1 over TCP"};

    for (;;) {
        struct pollfd polled[SOCKETS];
        for (int each = 0; each < SOCKETS; each++)
            polled[each] = (struct pollfd){sockets[each], POLLIN, 0};
        poll(polled, SOCKETS, 10);
        for (int each = 0; each < SOCKETS; each++) {
            struct pending *one = pending;
            socklen_t length = sizeof one->from;
            unsigned char prefix[2];
            char name[256];

            if (!(polled[each].revents & POLLIN))
                continue;
            while (one->due)
                one++;
            if (each == OWN_TCP) {
                one->socket = accept(sockets[each], NULL, NULL);
                recv(one->socket, prefix, 2, MSG_WAITALL);
                recv(one->socket, one->packet, 512, 0);
                one->size = answer(one->packet, each, name);
                write(one->socket, (unsigned char[]){one->size >> 8, one->size}, 2);
                write(one->socket, one->packet, one->size);
                close(one->socket);
            } else {
                one->socket = sockets[each];
                recvfrom(one->socket, one->packet, 512, 0, (void *)&one->from, &length);
                one->size = answer(one->packet, each, name);
                one->due = now() + (each == OWN ? SLOW : 0);
            }
            dprintf(log, "asked %s: %s\n", shown[each], name);
        }
        for (struct pending *one = pending; one < pending + 32; one++)
            if (one->due && one->due <= now()) {
                sendto(one->socket, one->packet, one->size, 0, (void *)&one->from, sizeof one->from);
                one->due = 0;
            }
    }
}

static int open_at(const char *address, int type)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
    int opened = socket(AF_INET, type, 0);

    inet_pton(AF_INET, address, &at.sin_addr);
    if (bind(opened, (void *)&at, sizeof at))
        abort();
    if (type == SOCK_STREAM)
        listen(opened, 8);
    return opened;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    FILE *config = fopen("/etc/resolv.conf", "w"), *log = tmpfile();
    int sockets[] = {open_at("127.0.0.1", SOCK_DGRAM), open_at("127.0.0.2", SOCK_DGRAM),
                     open_at("127.0.0.1", SOCK_STREAM)};
    int character, status;

    fputs(argv[1], config);
    fclose(config);
    pid_t server = fork();
    if (!server)
        serve(sockets, fileno(log));
    pid_t command = fork();
    if (!command) {
        execv(argv[2], argv + 2);
        _exit(127);
    }
    waitpid(command, &status, 0);
    rewind(log);
    while ((character = getc(log)) != EOF)
        putchar(character);
    fflush(stdout);
    kill(server, 9);
    return WEXITSTATUS(status);
}
