/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the boot arguments, described in boot.h. */
#include "boot.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LENGTH_MAX 60 /* of a word in a message */

struct argument {
    const char *key; /* with its '=' */
    char *value;     /* where it goes */
    size_t size;
    bool (*is_good)(const char *value);
    bool given;
};

/* Reads a decimal number of at most `max`, without leading zeros. */
static bool number(const char **at, unsigned max)
{
    unsigned value = 0, digits = 0;
    bool zero = **at == '0';

    while (**at >= '0' && **at <= '9' && digits < 4) {
        value = value * 10 + (unsigned)(*(*at)++ - '0');
        digits++;
    }
    return digits > 0 && value <= max && !(zero && digits > 1);
}

static bool address(const char **at)
{
    for (int part = 0; part < 4; part++) {
        if (part > 0 && *(*at)++ != '.') {
            return false;
        }
        if (!number(at, 255)) {
            return false;
        }
    }
    return true;
}

static bool is_ip(const char *value)
{
    if (strcmp(value, "dhcp") == 0) {
        return true;
    }
    return address(&value) && *value++ == '/' && number(&value, 32) && *value == '\0';
}

static bool is_gw(const char *value)
{
    return address(&value) && *value == '\0';
}

/* The port's parser has the last word; here it is what may stand in one. */
static bool is_ip6(const char *value)
{
    size_t length = strspn(value, "0123456789abcdefABCDEF:");

    return strcmp(value, "auto") == 0 || strcmp(value, "off") == 0 ||
           (strchr(value, ':') != NULL && strcmp(value + length, "/64") == 0);
}

static bool is_seed(const char *value)
{
    return *value != '\0' && value[strspn(value, "0123456789abcdefABCDEF")] == '\0';
}

static size_t word_length(const char *text)
{
    return strcspn(text, " \t\r\n");
}

static bool looks_like_argument(const char *word)
{
    size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyz6");

    return letters > 0 && word[letters] == '=';
}

static int refuse(const char *what, const char *word, char *error, size_t size)
{
    size_t length = word_length(word);

    (void)snprintf(error, size, "%s: %.*s", what, (int)(length < LENGTH_MAX ? length : LENGTH_MAX),
                   word);
    return -1;
}

static int take(struct argument *known, const char *word, char *error, size_t size)
{
    for (; known->key != NULL; known++) {
        size_t key_length = strlen(known->key);
        size_t length = word_length(word);

        if (strncmp(word, known->key, key_length) != 0) {
            continue;
        }
        if (known->given) {
            return refuse("boot argument given twice", word, error, size);
        }
        if (length - key_length >= known->size) {
            return refuse("bad boot argument", word, error, size);
        }
        memcpy(known->value, word + key_length, length - key_length);
        known->value[length - key_length] = '\0';
        known->given = true;
        return known->is_good(known->value) ? 0 : refuse("bad boot argument", word, error, size);
    }
    return refuse("unknown boot argument", word, error, size);
}

int boot_parse(const char *line, struct boot_args *args, char *error, size_t size)
{
    struct argument known[] = {
        {"ip=", args->ip, sizeof args->ip, is_ip, false},
        {"gw=", args->gw, sizeof args->gw, is_gw, false},
        {"ip6=", args->ip6, sizeof args->ip6, is_ip6, false},
        {"seed=", args->seed, sizeof args->seed, is_seed, false},
        {NULL, NULL, 0, NULL, false},
    };
    bool first = true;

    for (line += strspn(line, " \t\r\n"); *line != '\0'; line += strspn(line, " \t\r\n")) {
        if (strncmp(line, "run=", 4) == 0) {
            args->run = line + 4 + strspn(line + 4, " \t\r\n");
            return *args->run != '\0' ? 0 : refuse("empty boot argument", line, error, size);
        }
        if (!(first && !looks_like_argument(line)) && take(known, line, error, size) != 0) {
            return -1;
        }
        first = false;
        line += word_length(line);
    }
    return 0;
}
