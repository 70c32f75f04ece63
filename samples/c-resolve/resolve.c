/* Prints the IPv4 address of the name it is given, or of localhost. */

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "localhost";
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    char text[INET_ADDRSTRLEN];

    int error = getaddrinfo(name, NULL, &hints, &found);
    if (error) {
        fprintf(stderr, "%s: %s\n", name, gai_strerror(error));
        return 1;
    }
    struct sockaddr_in *address = (struct sockaddr_in *)found->ai_addr;
    printf("%s is %s\n", name, inet_ntop(AF_INET, &address->sin_addr, text, sizeof text));
    freeaddrinfo(found);
    return 0;
}
