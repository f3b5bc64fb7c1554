/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * groups: joins a multicast group, sends to it from a second socket, and tells what it hears of
 * itself: at first, with IP_MULTICAST_LOOP off and on again, and after it has left the group. With
 * each question a datagram goes to its own address: when that has come, what would come has.
 * Status 0 when it could try, else 1.
 *
 *     groups GROUP PORT OWN_ADDRESS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct both {
    int receiver, sender;
    struct sockaddr_in group, own;
};

static int fail(const char *call)
{
    fprintf(stderr, "groups: %s: %s\n", call, strerror(errno));
    return -1;
}

static int set(int fd, int option, const void *value, socklen_t length, const char *call)
{
    return setsockopt(fd, IPPROTO_IP, option, value, length) < 0 ? fail(call) : 0;
}

static int tell_defaults(int fd)
{
    unsigned char ttl = 0, loop = 0;
    socklen_t length = sizeof ttl;

    if (getsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, &length) < 0)
        return fail("getsockopt IP_MULTICAST_TTL");
    length = sizeof loop;
    if (getsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &loop, &length) < 0)
        return fail("getsockopt IP_MULTICAST_LOOP");
    printf("ttl %u loop %u\n", ttl, loop);
    return 0;
}

static int say(int fd, const char *word, const struct sockaddr_in *to)
{
    if (sendto(fd, word, strlen(word), 0, (const struct sockaddr *)to, sizeof *to) < 0)
        return fail("sendto");
    return 0;
}

/* Sends to the group, and tells how often that comes back until what was sent to its own address
 * has come, too, and what is expected. */
static int ask(const struct both *both, const char *when, int expected)
{
    char word[8] = "";
    int heard = 0, over = 0;

    if (say(both->sender, "group", &both->group) < 0 || say(both->sender, "own", &both->own) < 0)
        return -1;
    while (!over || heard < expected) {
        ssize_t length = recv(both->receiver, word, sizeof word - 1, 0);
        if (length < 0)
            return fail("recv");
        word[length] = '\0';
        heard += strcmp(word, "group") == 0;
        over = over || strcmp(word, "own") == 0;
    }
    printf("%s: heard %d\n", when, heard);
    fflush(stdout);
    return 0;
}

static int try_all(const struct both *both)
{
    struct ip_mreq membership = {.imr_multiaddr = both->group.sin_addr,
                                 .imr_interface = both->own.sin_addr};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = both->own.sin_port};
    unsigned char off = 0, on = 1;

    if (bind(both->receiver, (struct sockaddr *)&any, sizeof any) < 0)
        return fail("bind");
    if (tell_defaults(both->sender) < 0 ||
        set(both->receiver, IP_ADD_MEMBERSHIP, &membership, sizeof membership, "join") < 0 ||
        set(both->sender, IP_MULTICAST_IF, &both->own.sin_addr, sizeof both->own.sin_addr,
            "IP_MULTICAST_IF") < 0 ||
        ask(both, "joined", 1) < 0 ||
        set(both->sender, IP_MULTICAST_LOOP, &off, sizeof off, "off") < 0)
        return -1;
    if (ask(both, "loop off", 0) < 0 ||
        set(both->sender, IP_MULTICAST_LOOP, &on, sizeof on, "on") < 0 ||
        ask(both, "loop on", 1) < 0 ||
        set(both->receiver, IP_DROP_MEMBERSHIP, &membership, sizeof membership, "leave") < 0)
        return -1;
    return ask(both, "left", 0);
}

int main(int argc, char **argv)
{
    struct both both = {.group.sin_family = AF_INET, .own.sin_family = AF_INET};
    int result = -1;

    if (argc != 4 || inet_pton(AF_INET, argv[1], &both.group.sin_addr) != 1 ||
        inet_pton(AF_INET, argv[3], &both.own.sin_addr) != 1) {
        fprintf(stderr, "usage: groups GROUP PORT OWN_ADDRESS\n");
        return 2;
    }
    both.own.sin_port = both.group.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
    both.receiver = socket(AF_INET, SOCK_DGRAM, 0);
    both.sender = socket(AF_INET, SOCK_DGRAM, 0);
    if (both.receiver < 0 || both.sender < 0)
        fail("socket");
    else
        result = try_all(&both);
    if (both.receiver >= 0)
        close(both.receiver);
    if (both.sender >= 0)
        close(both.sender);
    return result < 0 ? 1 : 0;
}
