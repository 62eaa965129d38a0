/* The load client: thousands of websockets in one thread, told what to do by lines on its input.

   open G COUNT AT_ONCE        connect group G (L or P) and take each socket through its steps
   fan W SECONDS WARM          closed loop: W events in flight, the next goes out when one reached every listener
   rate PER_SECOND SECONDS     open loop: events at fixed times, latency from the time intended
   ask AT_ONCE SECONDS WARM    closed loop: each of AT_ONCE listeners asks again when it was answered
   pace PER_SECOND SECONDS     open loop: requests at fixed times, latency from the time intended
   once AT_ONCE                every listener asks once
   close G | cpu | quit

   Each answers one line of JSON. Nothing is measured by the peer: it cannot flatter itself. */
#include "sockets.h"

static double cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void begin(int next) {
    mode = next;
    sent_events = done_events = delivered = answered = refused = odd = 0;
    complaint[0] = 0;
    counting = 1;
    memset(arrived, 0, sizeof arrived);
    for (uint32_t i = 0; i < groups[LISTENERS].count; i++)
        groups[LISTENERS].conns[i].events = groups[LISTENERS].conns[i].asked = 0;
    forget_times();
}

/* `missing` deliveries never came, `odd` ones should not have come: both must be 0 for a figure to count. */
static void tell(double seconds, double cpu) {
    uint64_t listeners = groups[LISTENERS].ready, total = 0;
    for (uint32_t i = 0; i < groups[LISTENERS].count; i++) total += groups[LISTENERS].conns[i].events;
    uint64_t wanted = mode == FAN || mode == RATE ? sent_events * listeners : total;
    printf("{\"seconds\":%.6f,\"delivered\":%llu,\"answered\":%llu,\"events\":%llu,\"missing\":%lld,\"odd\":%llu,"
           "\"refused\":%llu,\"lost\":%u,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"measured\":%llu,\"cpu\":%.3f,"
           "\"complaint\":\"%s\"}\n",
           seconds, (unsigned long long)delivered, (unsigned long long)answered, (unsigned long long)sent_events,
           (long long)(wanted - total), (unsigned long long)odd, (unsigned long long)refused, groups[LISTENERS].lost,
           percentile_ms(0.5), percentile_ms(0.99), (double)longest / 1e3, (unsigned long long)measured,
           cpu / (seconds > 0 ? seconds : 1), complaint);
}

/* Wait until all that is under way has come, or nothing has come for a while. */
static void drain(void) {
    uint64_t start = now_us(), quiet = start, seen = ~0ull;
    while (done_events < sent_events && now_us() - quiet < 2000000 && now_us() - start < 30000000) {
        turn(50);
        uint64_t total = 0;
        for (uint32_t i = 0; i < groups[LISTENERS].count; i++) total += groups[LISTENERS].conns[i].events;
        if (total != seen) seen = total, quiet = now_us();
    }
}

static void run_fan(uint64_t in_flight, double seconds, double warm) {
    begin(FAN);
    counting = 0;
    uint64_t start = now_us(), from = start + (uint64_t)(warm * 1e6), until = from + (uint64_t)(seconds * 1e6), now;
    double cpu = 0;
    publish(in_flight, start);
    while ((now = now_us()) < until) {
        if (!counting && now >= from) counting = 1, from = now, cpu = cpu_s();
        turn(20);
        uint64_t room = in_flight - (sent_events - done_events);
        if (room) publish(room, now_us());
    }
    counting = 0;
    cpu = cpu_s() - cpu;
    drain();
    tell((double)(now - from) / 1e6, cpu);
}

static void run_rate(double per_second, double seconds) {
    begin(RATE);
    uint64_t start = now_us() + 1000, total = (uint64_t)(per_second * seconds);
    double cpu = cpu_s();
    for (uint64_t next = 0; next < total;) {
        uint64_t when = start + (uint64_t)((double)next * 1e6 / per_second), now = now_us();
        if (now >= when) publish(1, when), next++;
        else turn_until(when);
    }
    double took = (double)(now_us() - start) / 1e6;
    cpu = cpu_s() - cpu;
    drain();
    tell(took, cpu);
}

static void run_ask(uint32_t at_once, double seconds, double warm) {
    begin(ASK);
    counting = 0;
    group *of = &groups[LISTENERS];
    uint64_t start = now_us(), from = start + (uint64_t)(warm * 1e6), until = from + (uint64_t)(seconds * 1e6), now;
    double cpu = 0;
    for (uint32_t i = 0; i < at_once && i < of->count; i++) send_request(&of->conns[i], now_us());
    while ((now = now_us()) < until) {
        if (!counting && now >= from) counting = 1, from = now, cpu = cpu_s();
        turn(20);
    }
    counting = 0;
    cpu = cpu_s() - cpu;
    mode = PACE; /* answers no longer bring new requests */
    for (uint64_t quiet = now_us(); now_us() - quiet < 2000000;) {
        uint32_t left = 0;
        for (uint32_t i = 0; i < of->count; i++) left += of->conns[i].state == READY && of->conns[i].asked;
        if (!left) break;
        turn(20);
    }
    tell((double)(now - from) / 1e6, cpu);
}

/* A request whose time comes while every socket still waits is sent by the first that is free: the wait counts. */
static void run_pace(double per_second, double seconds) {
    begin(PACE);
    group *of = &groups[LISTENERS];
    uint64_t start = now_us() + 1000, total = (uint64_t)(per_second * seconds), next = 0, turns = 0;
    uint64_t patience = start + (uint64_t)(seconds * 1e6) + 5000000;
    double cpu = cpu_s();
    while (answered + refused < total && now_us() < patience) {
        uint64_t when = start + (uint64_t)((double)next * 1e6 / per_second), now = now_us();
        conn *freed = NULL;
        for (uint32_t i = 0; next < total && now >= when && i < of->count && !freed; i++) {
            conn *c = &of->conns[turns++ % of->count];
            if (c->state == READY && !c->asked) freed = c;
        }
        if (freed) send_request(freed, when), next++;
        else turn_until(next < total && now < when ? when : now + 1000);
    }
    tell((double)(now_us() - start) / 1e6, cpu_s() - cpu);
}

static void run_once(uint32_t at_once) {
    begin(ONCE);
    group *of = &groups[LISTENERS];
    uint64_t start = now_us();
    double cpu = cpu_s();
    for (next_asker = asked_once = 0; next_asker < of->count && asked_once < at_once; asked_once++)
        send_request(&of->conns[next_asker++], now_us());
    while (asked_once && now_us() - start < 60000000) turn(20);
    tell((double)(ended_us - start) / 1e6, cpu_s() - cpu);
}

static void run_open(group *to, uint32_t count, uint32_t at_once) {
    begin(IDLE);
    to->conns = realloc(to->conns, (to->count + count) * sizeof(conn)); /* only while none is registered: see main */
    opened = failed = 0;
    uint64_t start = now_us(), quiet = start;
    double cpu = cpu_s();
    for (uint32_t begun = 0, seen = 0; opened + failed < count && now_us() - quiet < 20000000;) {
        while (opening < at_once && begun < count) begun++, connect_next(to);
        turn(20);
        if (opened + failed != seen) seen = opened + failed, quiet = now_us();
    }
    double seconds = (double)(now_us() - start) / 1e6;
    printf("{\"opened\":%u,\"failed\":%u,\"seconds\":%.6f,\"cpu\":%.3f,\"complaint\":\"%s\"}\n", opened,
           count - opened, seconds, (cpu_s() - cpu) / seconds, complaint);
}

static void run_close(group *of) {
    uint32_t closed = 0;
    for (uint32_t i = 0; i < of->count; i++) {
        conn *c = &of->conns[i];
        if (c->state == READY) send_frame(c, 8, "\x03\xe8", 2);
        if (c->state != LOST) close(c->fd), free(c->part), closed++;
    }
    of->count = of->ready = of->lost = opening = 0;
    printf("{\"closed\":%u}\n", closed);
}

int main(int argc, char **argv) {
    if (argc != 2) die("usage: client CONFIG");
    raise_limit();
    read_config(argv[1]);
    seed_state ^= now_us() << 20 | (uint64_t)getpid();
    buffer = malloc(BUFFER);
    poller = epoll_create1(EPOLL_CLOEXEC);
    prctl(PR_SET_TIMERSLACK, 1000); /* a microsecond instead of fifty */
    setvbuf(stdout, NULL, _IOLBF, 0);
    setvbuf(stdin, NULL, _IONBF, 0);
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    if (redis_path) {
        redis = connect_unix(redis_path);
        struct epoll_event replies = {.events = EPOLLIN, .data.ptr = &redis};
        epoll_ctl(poller, EPOLL_CTL_ADD, redis, &replies);
    }
    for (char line[256], which; ;) {
        epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
        mode = IDLE;
        while (turn(-1)) continue; /* pings are answered while nothing is asked */
        epoll_ctl(poller, EPOLL_CTL_DEL, STDIN_FILENO, &input);
        if (!fgets(line, sizeof line, stdin) || !strncmp(line, "quit", 4)) return 0;
        double a = 0, b = 0, c = 0;
        if (sscanf(line, "open %c %lf %lf", &which, &a, &b) == 3) {
            group *to = &groups[which == 'P' ? PUBLISHERS : LISTENERS];
            if (to->count) die("that group is open");
            run_open(to, (uint32_t)a, (uint32_t)b);
        } else if (sscanf(line, "fan %lf %lf %lf", &a, &b, &c) == 3) run_fan((uint64_t)a, b, c);
        else if (sscanf(line, "rate %lf %lf", &a, &b) == 2) run_rate(a, b);
        else if (sscanf(line, "ask %lf %lf %lf", &a, &b, &c) == 3) run_ask((uint32_t)a, b, c);
        else if (sscanf(line, "pace %lf %lf", &a, &b) == 2) run_pace(a, b);
        else if (sscanf(line, "once %lf", &a) == 1) run_once((uint32_t)a);
        else if (sscanf(line, "close %c", &which) == 1) run_close(&groups[which == 'P' ? PUBLISHERS : LISTENERS]);
        else errno = 0, die(line);
    }
}
