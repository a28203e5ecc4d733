/* Copyright (c) 2026, the vgreb.jsync authors
 * MIT License (see LICENSE or https://opensource.org/licenses/MIT)
 * SPDX-License-Identifier: MIT
 *
 * A slow network between two loopback addresses: wan ADDRESS PORT TARGET_ADDRESS TARGET_PORT MICROSECONDS BYTES_PER_SECOND
 *
 * Each direction of each TCP connection is a line of its own. Bytes enter it one after the other at its rate, and leave
 * it MICROSECONDS after they have entered. A line takes in a little ahead of its rate, so that a late wake-up costs no
 * bandwidth; when it is full, it no longer reads, and the sender's socket fills up. wan_proxy.py does the same.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 32 << 10, AHEAD = 64 << 10, SOCKET_BUFFER = 256 << 10, MOST_CONNECTIONS = 256 };

static const int64_t SECOND = 1000000000, NEVER = INT64_MAX;

struct chunk {
    struct chunk *next;
    int64_t due;       /* when it leaves the line, in nanoseconds */
    size_t size, sent; /* a chunk of size 0 is the end of the stream */
    char bytes[];
};

struct line {
    int from, to;
    int64_t free_at; /* when its first byte that is not yet taken could enter */
    size_t held;
    struct chunk *head, **tail;
    bool ended, shut; /* the end of the stream was read, was passed on */
};

struct connection {
    int client, server; /* server is -1 until TCP's handshake would be over */
    int64_t open_at;
    struct line lines[2];
};

static int64_t delay, rate, ahead;
static size_t room;
static struct sockaddr_in target;
static struct connection connections[MOST_CONNECTIONS];
static int count;

static int64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void send_at_once(int socket)
{
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static struct sockaddr_in address_of(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        fail(host);
    return address;
}

static void accept_client(int listener, int64_t now)
{
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0)
        return;
    send_at_once(client);
    connections[count++] = (struct connection){.client = client, .server = -1, .open_at = now + 2 * delay};
}

/* Returns whether the connection goes on. */
static bool open_server(struct connection *one)
{
    int size = SOCKET_BUFFER;
    one->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (one->server < 0)
        return false;
    setsockopt(one->server, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    send_at_once(one->server);
    if (connect(one->server, (struct sockaddr *)&target, sizeof target))
        return false;
    one->lines[0] = (struct line){.from = one->client, .to = one->server};
    one->lines[1] = (struct line){.from = one->server, .to = one->client};
    return true;
}

static void close_connection(struct connection *one)
{
    for (int side = 0; side < 2 && one->server >= 0; side++)
        for (struct chunk *chunk = one->lines[side].head, *next; chunk; chunk = next) {
            next = chunk->next;
            free(chunk);
        }
    close(one->client);
    if (one->server >= 0)
        close(one->server);
    *one = connections[--count];
}

/* When the line may take in more; NEVER if that waits for its far end. */
static int64_t takes_at(const struct line *line)
{
    return line->ended || line->held >= room ? NEVER : line->free_at - ahead;
}

/* Take in what the sender has written. Returns whether the connection goes on. */
static bool take(struct line *line, int64_t now)
{
    static char buffer[CHUNK];
    ssize_t got = recv(line->from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    struct chunk *chunk = malloc(sizeof *chunk + got);
    if (!chunk)
        fail("malloc");
    line->free_at = (line->free_at > now ? line->free_at : now) + got * SECOND / rate;
    *chunk = (struct chunk){.due = line->free_at + delay, .size = got};
    memcpy(chunk->bytes, buffer, got);
    if (!line->head)
        line->tail = &line->head;
    *line->tail = chunk;
    line->tail = &chunk->next;
    line->held += got;
    line->ended = got == 0;
    return true;
}

/* Pass on what has come to the end of the line. Returns whether the connection goes on. */
static bool pass(struct line *line, int64_t now)
{
    while (line->head && line->head->due <= now) {
        struct chunk *chunk = line->head;
        if (chunk->size) {
            ssize_t sent = send(line->to, chunk->bytes + chunk->sent, chunk->size - chunk->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0)
                return errno == EAGAIN || errno == EINTR;
            chunk->sent += sent;
            line->held -= sent;
            if (chunk->sent < chunk->size)
                return true;
        } else {
            shutdown(line->to, SHUT_WR);
            line->shut = true;
        }
        line->head = chunk->next;
        free(chunk);
    }
    return true;
}

/* Do what is due on a connection. Returns whether it goes on. */
static bool serve(struct connection *one, int64_t now)
{
    if (one->server < 0)
        return one->open_at > now || open_server(one);
    for (int side = 0; side < 2; side++) {
        struct line *line = &one->lines[side];
        if (!pass(line, now) || (takes_at(line) <= now && !take(line, now)))
            return false;
    }
    return !(one->lines[0].shut && one->lines[1].shut);
}

/* Note what a connection waits for: sockets in polls (two for each line), the nearest moment in *wake. */
static void await(struct connection *one, struct pollfd *polls, int64_t now, int64_t *wake)
{
    for (int side = 0; side < 4; side++)
        polls[side] = (struct pollfd){.fd = -1};
    if (one->server < 0) {
        *wake = one->open_at < *wake ? one->open_at : *wake;
        return;
    }
    for (int side = 0; side < 2; side++, polls += 2) {
        struct line *line = &one->lines[side];
        int64_t at = takes_at(line);
        if (at > now)
            *wake = at < *wake ? at : *wake;
        else
            polls[0] = (struct pollfd){.fd = line->from, .events = POLLIN};
        if (line->head && line->head->due > now)
            *wake = line->head->due < *wake ? line->head->due : *wake;
        else if (line->head)
            polls[1] = (struct pollfd){.fd = line->to, .events = POLLOUT};
    }
}

static int listen_at(struct sockaddr_in address)
{
    int on = 1, size = SOCKET_BUFFER, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        fail("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64))
        fail("bind");
    return listener;
}

int main(int words, char **word)
{
    if (words != 7) {
        fprintf(stderr, "usage: wan ADDRESS PORT TARGET_ADDRESS TARGET_PORT MICROSECONDS BYTES_PER_SECOND\n");
        return 2;
    }
    target = address_of(word[3], word[4]);
    delay = atoll(word[5]) * 1000;
    rate = atoll(word[6]);
    ahead = AHEAD * SECOND / rate;
    room = 2 * delay * rate / SECOND + 2 * AHEAD;
    static struct pollfd polls[1 + 4 * MOST_CONNECTIONS];
    polls[0] = (struct pollfd){.fd = listen_at(address_of(word[1], word[2])), .events = POLLIN};
    for (;;) {
        int64_t now = clock_now(), wake = now + 3600 * SECOND;
        for (int number = count - 1; number >= 0; number--)
            if (!serve(&connections[number], now))
                close_connection(&connections[number]);
        if (polls[0].revents && count < MOST_CONNECTIONS)
            accept_client(polls[0].fd, now);
        now = clock_now();
        for (int number = 0; number < count; number++)
            await(&connections[number], polls + 1 + 4 * number, now, &wake);
        now = clock_now();
        wake = wake > now ? wake - now : 0;
        struct timespec pause = {wake / SECOND, wake % SECOND};
        if (ppoll(polls, 1 + 4 * count, &pause, NULL) < 0 && errno != EINTR)
            fail("ppoll");
    }
}
