/* Does what a service does: looks up a name, gets a page over HTTP from a server of its own, and
   reads the JSON in it in a thread.

   page                all of it
   page find NAME      the lookup alone
   page stack          how many bytes a thread gets for its stack
   page busy THREADS   threads that read JSON again and again; prints the processor time it took */

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REPLIES 1000
#define ROUNDS 8000

struct value {
    char *text;
    struct value *first, *next;
};

/* Reads one value and moves the text on behind it: an object, an array, or a word. */
static struct value *parse(const char **text)
{
    struct value *value = calloc(1, sizeof *value), **end = &value->first;
    char word[128];
    size_t length = 0;

    if (**text == '{' || **text == '[') {
        for (++*text; **text != '}' && **text != ']'; *text += strspn(*text, ",:")) {
            *end = parse(text);
            end = &(*end)->next;
        }
        ++*text;
        return value;
    }
    for (++*text; **text != '"'; ++*text)
        if (length < sizeof word - 1)
            word[length++] = **text;
    ++*text;
    word[length] = '\0';
    value->text = strdup(word);
    return value;
}

static int depth(const struct value *value)
{
    int deepest = 0;

    for (const struct value *each = value->first; each; each = each->next) {
        int below = depth(each);
        deepest = below > deepest ? below : deepest;
    }
    return value->first ? deepest + 1 : 0;
}

static void release(struct value *value)
{
    while (value) {
        struct value *next = value->next;
        release(value->first);
        free(value->text);
        free(value);
        value = next;
    }
}

static void *read_page(void *page)
{
    const char *text = page;
    struct value *value = parse(&text);

    printf("the discussion has %d replies\n", depth(value));
    release(value);
    return NULL;
}

static void *read_often(void *page)
{
    for (int round = 0; round < ROUNDS; round++) {
        const char *text = page;
        release(parse(&text));
    }
    return NULL;
}

/* The page: each reply is inside the one before. */
static char *discussion(int replies)
{
    const char *reply = "{\"author\":\"somebody\",\"text\":\"a reply\",\"reply\":";
    char *page = malloc(replies * (strlen(reply) + 1) + 3), *end = page;

    for (int each = 0; each < replies; each++)
        end = stpcpy(end, reply);
    end = stpcpy(end, "\"\"");
    memset(end, '}', replies);
    end[replies] = '\0';
    return page;
}

/* What threads start with; compiled with -DSTACK=BYTES, with a stack of that size. */
static pthread_attr_t attributes(void)
{
    pthread_attr_t made;

    pthread_attr_init(&made);
#ifdef STACK
    pthread_attr_setstacksize(&made, STACK);
#endif
    return made;
}

static pthread_t start(void *(*work)(void *), void *with)
{
    pthread_t thread;
    pthread_attr_t made = attributes();

    if (pthread_create(&thread, &made, work, with))
        abort();
    return thread;
}

static int find(const char *name, struct sockaddr_in *address)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    char text[INET_ADDRSTRLEN];
    int error = getaddrinfo(name, NULL, &hints, &found);

    if (error) {
        printf("%s: not found\n", name);
        return 1;
    }
    *address = *(struct sockaddr_in *)found->ai_addr;
    freeaddrinfo(found);
    printf("%s is %s\n", name, inet_ntop(AF_INET, &address->sin_addr, text, sizeof text));
    return 0;
}

/* A server of one page, on a port that the kernel chooses. */
static void *serve(void *listener)
{
    char request[1024];
    int connection = accept(*(int *)listener, NULL, NULL);
    char *page = discussion(REPLIES);
    const char *head = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n";

    if (read(connection, request, sizeof request) > 0) {
        write(connection, head, strlen(head));
        write(connection, page, strlen(page));
    }
    close(connection);
    free(page);
    return NULL;
}

static char *get(struct sockaddr_in *address)
{
    size_t size = 0, most = 1 << 20;
    char *answer = malloc(most);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    ssize_t count;

    if (connect(connection, (struct sockaddr *)address, sizeof *address))
        abort();
    dprintf(connection, "GET /discussion HTTP/1.0\r\n\r\n");
    while ((count = read(connection, answer + size, most - 1 - size)) > 0)
        size += count;
    close(connection);
    answer[size] = '\0';
    return answer;
}

static int service(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET}, bound;
    socklen_t length = sizeof bound;

    if (find("localhost", &address))
        return 1;
    bind(listener, (struct sockaddr *)&address, sizeof address);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&bound, &length);

    pthread_t server = start(serve, &listener);
    char *answer = get(&bound), *page = strstr(answer, "\r\n\r\n") + 4;
    pthread_join(server, NULL);
    printf("got a page over HTTP\n");
    fflush(stdout);

    pthread_join(start(read_page, page), NULL);
    free(answer);
    return 0;
}

static int busy(int threads)
{
    pthread_t workers[64];
    char *page = discussion(50);

    for (int each = 0; each < threads; each++)
        workers[each] = start(read_often, page);
    for (int each = 0; each < threads; each++)
        pthread_join(workers[each], NULL);
    printf("%.2f s\n", (double)clock() / CLOCKS_PER_SEC);
    return 0;
}

static int stack(void)
{
    pthread_attr_t made = attributes();
    size_t size;

    pthread_attr_getstacksize(&made, &size);
    printf("%zu bytes\n", size);
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;

    if (argc == 3 && !strcmp(argv[1], "find"))
        return find(argv[2], &address);
    if (argc == 2 && !strcmp(argv[1], "stack"))
        return stack();
    if (argc == 3 && !strcmp(argv[1], "busy"))
        return busy(strtol(argv[2], NULL, 10));
    return service();
}
