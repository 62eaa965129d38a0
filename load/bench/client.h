/* The load client's parts: connections, the configuration and its templates, the latency histogram. */
#ifndef CLIENT_H
#define CLIENT_H
#include "wire.h"

enum { LISTENERS, PUBLISHERS, GROUPS, STEPS = 16, RING = 1 << 16, STAMP_DIGITS = 16 };
enum state { FREE, CONNECTING, UPGRADING, STEPPING, READY, LOST };

typedef struct {
    int fd;
    uint8_t group, state, step;
    uint32_t index;
    uint64_t events;  /* delivered to this socket since the measurement began */
    uint64_t asked;   /* when the request under way was due, 0: none */
    uint8_t *part;    /* the beginning of a frame whose end has not come yet */
    size_t part_size;
} conn;

typedef struct {
    int send;
    char *text;
} step;

typedef struct {
    int port, steps_count;
    char *path, *headers;
    step steps[STEPS];
    conn *conns;
    uint32_t count, ready, lost;
} group;

typedef struct {
    char **lines;
    uint32_t count;
} list;

static group groups[GROUPS];
static list tokens, queues;
static char *ask, *ok_mark, *event_mark, *stamp_mark, *emit, *redis_path, *failure_mark;
static uint8_t *message;
static size_t message_size, event_bytes_min = 1;
static uint64_t serial, seed_state = 88172645463325252ull;

static uint64_t draw(void) { /* xorshift64 */
    seed_state ^= seed_state << 13, seed_state ^= seed_state >> 7, seed_state ^= seed_state << 17;
    return seed_state;
}

/* \xNN and \\ to bytes, in place; the number of bytes. */
static size_t unescape(char *text) {
    char *out = text;
    for (char *in = text; *in; in++) {
        unsigned byte;
        if (in[0] == '\\' && in[1] == 'x' && sscanf(in + 2, "%2x", &byte) == 1) *out++ = (char)byte, in += 3;
        else if (in[0] == '\\' && in[1] == '\\') *out++ = '\\', in++;
        else *out++ = *in;
    }
    *out = 0;
    return (size_t)(out - text);
}

static list read_lines(const char *path) {
    list found = {0};
    FILE *file = fopen(path, "r");
    if (!file) die(path);
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, file)) > 0) {
        if (line[size - 1] == '\n') line[size - 1] = 0;
        found.lines = realloc(found.lines, (found.count + 1) * sizeof(char *));
        found.lines[found.count++] = strdup(line);
    }
    free(line);
    fclose(file);
    return found;
}

/* One `key [group] value` per line, see driver.py. */
static void read_config(const char *path) {
    list config = read_lines(path);
    for (uint32_t i = 0; i < config.count; i++) {
        char *key = config.lines[i], *value = strchr(key, ' ');
        if (!value) continue;
        *value++ = 0;
        if (strchr("LP", value[0]) && value[1] == ' ') {
            group *of = &groups[value[0] == 'P' ? PUBLISHERS : LISTENERS];
            value += 2;
            unescape(value);
            if (!strcmp(key, "port")) of->port = atoi(value);
            else if (!strcmp(key, "path")) of->path = value;
            else if (!strcmp(key, "headers")) of->headers = value;
            else if (of->steps_count < STEPS) of->steps[of->steps_count++] = (step){!strcmp(key, "send"), value};
            continue;
        }
        size_t size = unescape(value);
        if (!strcmp(key, "tokens")) tokens = read_lines(value);
        else if (!strcmp(key, "queues")) queues = read_lines(value);
        else if (!strcmp(key, "ask")) ask = value;
        else if (!strcmp(key, "ok")) ok_mark = value;
        else if (!strcmp(key, "failure")) failure_mark = value;
        else if (!strcmp(key, "event")) event_mark = value;
        else if (!strcmp(key, "event_bytes_min")) event_bytes_min = (size_t)atol(value);
        else if (!strcmp(key, "stamp")) stamp_mark = value;
        else if (!strcmp(key, "emit")) emit = value;
        else if (!strcmp(key, "redis")) redis_path = value;
        else if (!strcmp(key, "message")) message = (uint8_t *)value, message_size = size;
        else errno = 0, die(key);
    }
}

/* A UUIDv7 of now: what dates an idempotency key. */
static void write_key(char *out) {
    uint64_t ms = clock_us(CLOCK_REALTIME) / 1000, high = draw(), low = draw();
    sprintf(out, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(ms >> 16), (unsigned)(ms & 0xffff), (unsigned)(high & 0xfff),
            (unsigned)(0x8000 | (high >> 16 & 0x3fff)), (unsigned long long)(low & 0xffffffffffffull));
}

/* A stamp has 16 digits, so that it fits its place in a binary message and a double holds it. */
static void write_stamp(char *out, uint64_t us) {
    char digits[24];
    snprintf(digits, sizeof digits, "%016llu", (unsigned long long)(1000000000000000ull + us));
    memcpy(out, digits, STAMP_DIGITS);
}

/* The template with its placeholders filled in, in a buffer that the next call writes over. */
static const char *fill(const char *template, const conn *of, uint64_t n, uint64_t stamp, size_t *size) {
    static char text[1 << 16];
    char *out = text, word[64];
    for (const char *in = template; *in && out < text + sizeof text - 1024;) {
        const char *end = *in == '{' ? strchr(in, '}') : NULL;
        size_t length = end ? (size_t)(end - in - 1) : 0;
        const char *value = word;
        word[0] = 0;
        if (!end || length > 8) value = NULL;
        else if (!strncmp(in + 1, "i}", 2)) sprintf(word, "%u", of->index);
        else if (!strncmp(in + 1, "n}", 2)) sprintf(word, "%llu", (unsigned long long)n);
        else if (!strncmp(in + 1, "id}", 3)) sprintf(word, "%llu", (unsigned long long)++serial);
        else if (!strncmp(in + 1, "key}", 4)) write_key(word);
        else if (!strncmp(in + 1, "stamp}", 6)) write_stamp(word, stamp), word[STAMP_DIGITS] = 0;
        else if (!strncmp(in + 1, "queue}", 6)) value = queues.lines[draw() % queues.count];
        else if (!strncmp(in + 1, "token}", 6)) value = tokens.lines[of->index % tokens.count];
        else value = NULL;
        if (value) {
            out = stpcpy(out, value);
            in = end + 1;
        } else {
            *out++ = *in++;
        }
    }
    *out = 0;
    *size = (size_t)(out - text);
    return text;
}

/* Latencies in microseconds, to within 1 %: 128 steps per power of two. */
static uint64_t buckets[64 * 128], measured, longest;

static void forget_times(void) { memset(buckets, 0, sizeof buckets), measured = longest = 0; }

static void note_time(uint64_t us) {
    int shift = us < 128 ? 0 : 63 - __builtin_clzll(us) - 7;
    buckets[(size_t)shift * 128 + (us >> shift)]++;
    measured++;
    if (us > longest) longest = us;
}

static double percentile_ms(double share) {
    uint64_t seen = 0, want = (uint64_t)(share * (double)measured);
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++)
        if ((seen += buckets[i]) > want) return i < 256 ? (double)i / 1e3 : (double)((i % 128 + 128) << (i / 128 - 1)) / 1e3;
    return (double)longest / 1e3;
}
#endif
