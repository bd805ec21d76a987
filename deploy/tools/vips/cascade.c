/* The peer of the image benchmark: libvips, one decode and a cascade of sizes in one process, on one core.
 *
 *   cascade                     for each file named on a line of its input, the upright centre square in 1024, 512,
 *                               256, 128 and 64 pixels as JPEG; writes a line with the processor time in milliseconds
 *   cascade IN OUT WIDTH HEIGHT makes a photograph of that size; OUT may carry options, such as out.jpg[Q=90,strip]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <vips/vips.h>

static double processor_time(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static int prepare(char **argv) {
    VipsImage *image = NULL;
    int failed = vips_thumbnail(argv[1], &image, atoi(argv[3]), "height", atoi(argv[4]), "crop",
                                VIPS_INTERESTING_CENTRE, "size", VIPS_SIZE_BOTH, NULL) ||
                 vips_image_write_to_file(image, argv[2], NULL);
    if (image)
        g_object_unref(image);
    return failed;
}

/* Replaces *image by a copy in memory, so that what it is made of is computed once. */
static int keep(VipsImage **image, VipsImage *next) {
    if (*image)
        g_object_unref(*image);
    *image = vips_image_copy_memory(next);
    g_object_unref(next);
    return !*image;
}

static int cascade(const char *path) {
    static const int sizes[] = {1024, 512, 256, 128, 64};
    char *file;
    gsize length;
    if (!g_file_get_contents(path, &file, &length, NULL))
        return 1;
    double begun = processor_time();
    VipsImage *image = NULL, *next = NULL;
    int failed = vips_thumbnail_buffer(file, length, &next, sizes[0], "height", sizes[0], "crop",
                                       VIPS_INTERESTING_CENTRE, NULL) || keep(&image, next);
    for (size_t i = 0; !failed && i < sizeof sizes / sizeof *sizes; i++) {
        void *out;
        size_t n;
        if (i > 0)
            failed = vips_thumbnail_image(image, &next, sizes[i], NULL) || keep(&image, next);
        if (!failed && !(failed = vips_jpegsave_buffer(image, &out, &n, "Q", 90, "strip", TRUE, "subsample_mode",
                                                       VIPS_FOREIGN_SUBSAMPLE_ON, NULL)))
            g_free(out);
    }
    if (image)
        g_object_unref(image);
    printf("%.3f\n", processor_time() - begun);
    fflush(stdout);
    g_free(file);
    return failed;
}

int main(int argc, char **argv) {
    if (VIPS_INIT(argv[0]))
        vips_error_exit(NULL);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    int failed = 0;
    if (argc == 5) {
        failed = prepare(argv);
    } else {
        char line[4096];
        while (!failed && fgets(line, sizeof line, stdin)) {
            line[strcspn(line, "\n")] = 0;
            failed = cascade(line);
        }
    }
    if (failed)
        vips_error_exit(NULL);
    vips_shutdown();
    return 0;
}
