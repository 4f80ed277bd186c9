/* The streams this service needs: found if the fleet has them, created if not.
 *
 * For each list of subjects the bus is asked which stream captures them. One that exists is
 * used as it is, whatever its name; subjects that nobody captures get a stream of ours. */
#ifndef UVD_IO_STREAMS_H
#define UVD_IO_STREAMS_H

#include "io/js_api.h"

#define STREAM_NAME_SIZE 256
#define STREAM_SUBJECTS_MAX 16

struct stream_want {
    const char *name; /* of the stream to create */
    const char *subjects[STREAM_SUBJECTS_MAX];
    size_t n_subjects;
    int64_t max_age_s;            /* 0: unlimited */
    int64_t duplicate_window_s;   /* 0: the server's default */
    bool refuse_when_full;        /* else a full stream drops its oldest message */
    bool only_one;                /* its subjects must all be in one stream */
    char found[STREAM_NAME_SIZE]; /* set: the stream that captures the first subject */
};

struct streams;

/* `wants` is borrowed for the life of the object; `done` is called once for each
 * streams_begin that succeeds, `failed` with a text for the log when it can't (try again).
 */
enum status streams_new(struct js_api *api, uint32_t replicas, struct stream_want *wants,
                        size_t n, void (*done)(void *arg),
                        void (*failed)(void *arg, const char *why), void *arg,
                        struct streams **out);

/* A session is up: look for all of them. */
void streams_begin(struct streams *s);
void streams_free(struct streams *s);

#endif
