/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What messenger and messenger-server say to each other. This is all that a peer must know.
 *
 * The server has one port number, for TCP and UDP.
 *
 * LOGIN, over TCP. The client has a UDP socket already; any free port will do. It connects, sends
 *     LOGIN NAME PORT\n                  its name, the port of its UDP socket, and nothing else
 * and gets one of
 *     OK TOKEN SECONDS\n                 TOKEN: 16 hexadecimal digits (0-9a-f), new for each login
 *     NO REASON\n
 * Then the client closes the connection, which has done its work. A NAME has 1 to 31 bytes of
 * UTF-8, no blank, no control character, no colon, and does not begin with "/". The server drops a
 * connection that has not sent its line after 10 s; where others wait, after 1 s.
 *
 * ALL ELSE, over UDP: between the server's port and the address from which the login came, with
 * the PORT that it told. A datagram is
 *     WORD TOKEN NUMBER                  and what is below: single blanks between, no newline
 * TOKEN is that of the login: who does not know it can neither speak as the user nor to it. NUMBER
 * is decimal, at most 4294967295. A client counts its requests from 1; PING may have any number.
 * Whatever is not of this form, has a wrong address or is longer than 1200 bytes is ignored.
 *
 *     client                             server
 *     SAY TOKEN NUMBER NAME TEXT         TEXT: the rest, 1 to 1000 bytes of any value
 *                                        passes it on to NAME as MSG; answers DONE when NAME has
 *                                        said GOT, NOT when it cannot
 *     GOT TOKEN NUMBER ID                NUMBER and ID are those of the MSG that came; unanswered
 *     WHO TOKEN NUMBER FROM              answers USERS; FROM is 0 at first
 *     PING TOKEN NUMBER                  answers PONG
 *     OUT TOKEN NUMBER                   forgets the user and answers BYE
 *
 *     server                             client
 *     MSG TOKEN NUMBER ID NAME TEXT      from NAME. Answers GOT, each time that it comes
 *     DONE TOKEN NUMBER                  the SAY of that number has reached its user
 *     NOT TOKEN NUMBER REASON            it has not
 *     USERS TOKEN NUMBER NEXT [NAME]...  some users; more with WHO from NEXT, unless NEXT is 0
 *     PONG TOKEN NUMBER
 *     BYE TOKEN NUMBER
 *     END TOKEN NUMBER                   the server ends, or knows no such TOKEN. It is sent for
 *                                        any datagram of the right form, and is never the longer
 *
 * LOSSES. The server keeps no text and repeats nothing. A client has one request on the way; it
 * repeats it, number and all, until the answer comes, or gives up after 5 s. So a MSG may come
 * twice: ID stands for the login of the sender, whose NUMBERs grow, and a client shows only those
 * that are higher than the last of that ID. Of users that are there at the same time no two have
 * the same ID modulo 128. A SAY with a lower NUMBER than one before it is ignored.
 *
 * SILENCE. Who sends nothing valid for SECONDS is dropped by the server: a client sends PING about
 * five times in that time. A client that hears nothing for SECONDS takes the server for gone.
 */
#ifndef APPS_LIB_MESSENGER_PROTOCOL_H
#define APPS_LIB_MESSENGER_PROTOCOL_H

#include "draft.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSENGER_NAME_MOST 31
#define MESSENGER_TEXT_MOST 1000
/* Room for the longest line of a login and of its answer, without the newline. */
#define MESSENGER_LINE_MOST 100
#define MESSENGER_DATAGRAM_MOST 1200
/* Of users at once: IDs differ modulo this. */
#define MESSENGER_USERS_MOST 128

#define MESSENGER_LOGIN_SECONDS 10
#define MESSENGER_REQUEST_SECONDS 5
#define MESSENGER_MS 1000 /* in a second */
/* PINGs in the time after which a silent user is dropped. */
#define MESSENGER_PINGS 5

enum messenger_word {
    MESSENGER_SAY,
    MESSENGER_GOT,
    MESSENGER_WHO,
    MESSENGER_PING,
    MESSENGER_OUT,
    MESSENGER_MSG,
    MESSENGER_DONE,
    MESSENGER_NOT,
    MESSENGER_USERS,
    MESSENGER_PONG,
    MESSENGER_BYE,
    MESSENGER_END,
};

/* A part of a datagram or line: not ended by a NUL. */
struct messenger_part {
    const char *bytes;
    size_t length;
};

struct messenger_datagram {
    enum messenger_word word;
    uint64_t token;
    uint32_t number;
    struct messenger_part rest; /* what follows the number and a blank; of length 0: nothing */
};

/* Whether a user may be called so. */
bool messenger_name_is_allowed(struct messenger_part name);

/* Whether the bytes begin as every datagram does. The parts point into them. */
bool messenger_read(const char *bytes, size_t length, struct messenger_datagram *datagram);

/* Takes what comes before the next blank off *rest, and the blank; all of it where there is none.
 * May be empty. */
struct messenger_part messenger_next(struct messenger_part *rest);

/* The same for a number, which must not be larger than `most`. False when it is none. */
bool messenger_next_number(struct messenger_part *rest, uint32_t most, uint32_t *number);

/* Begins a datagram: word, token, number. */
void messenger_write(struct draft *draft, enum messenger_word word, uint64_t token,
                     uint32_t number);

/* Goes on with a blank and this. */
void messenger_write_number(struct draft *draft, uint32_t number);
void messenger_write_part(struct draft *draft, struct messenger_part part);

/* A line of a login, without its newline: NULL, or what is wrong with it. */
const char *messenger_read_login(struct messenger_part line, struct messenger_part *name,
                                 uint16_t *port);

/* The answer "OK TOKEN SECONDS", without its newline. False when it is another. */
bool messenger_read_welcome(struct messenger_part line, uint64_t *token, uint32_t *seconds);

/* 16 digits, no NUL: of a token. */
void messenger_write_token(struct draft *draft, uint64_t token);

#endif
