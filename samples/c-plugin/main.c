/* Loads its greeting at run time, as programs load plugins, codecs and name services. */

#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    void *plugin = dlopen("libgreet.so", RTLD_NOW);

    if (!plugin) {
        fprintf(stderr, "no plugin: %s\n", dlerror());
        return 1;
    }
    void (*greet)(const char *) = (void (*)(const char *))dlsym(plugin, "greet");
    greet("world");
    return 0;
}
