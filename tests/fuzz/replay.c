/* SPDX-License-Identifier: Apache-2.0 */

/* Runs each file of a folder through a fuzz target: the regression test of builds without
 * libFuzzer. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(EXIT_FAILURE);
}

static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size;
    uint8_t *data;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        fail("cannot be read", path);
    }
    rewind(file);
    /* Exactly as large as the input, so that the sanitizer sees each byte too many. */
    data = malloc(size > 0 ? (size_t)size : 1);
    if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size) {
        fail("cannot be read", path);
    }
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    unsigned replayed = 0;
    struct dirent *entry;

    if (folder == NULL) {
        fail("name a folder of inputs", argv[0]);
    }
    while ((entry = readdir(folder)) != NULL) {
        char path[1024];

        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
            replay(path);
            replayed++;
        }
    }
    (void)closedir(folder);
    if (replayed == 0) {
        fail("holds no inputs", argv[1]);
    }
    printf("%u inputs replayed\n", replayed);
    return EXIT_SUCCESS;
}
