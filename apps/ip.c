/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip: tells what addresses are: class, scope, purpose, and the network that they are in.
 */
#include "lib/address_kind.h"
#include "lib/interrupt.h"
#include "lib/ip_number.h"
#include "lib/report.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define PROGRAM "ip"
/* Networks without a broadcast address: point-to-point links (RFC 3021) and single hosts. */
#define LONGEST_WITH_BROADCAST 30

static int read_options(int argc, char **argv);
static void tell(const struct ip_number *number, unsigned length);

int main(int argc, char **argv)
{
    struct ip_number number;
    const char *wrong;
    unsigned length;

    interrupt_install();
    int status = read_options(argc, argv);
    /* All of them are understood before the first is told of. */
    for (int i = optind; status == STATUS_GO_ON && i < argc; i++) {
        if ((wrong = ip_number_parse_prefix(argv[i], &number, &length)) != NULL)
            status = report_usage(PROGRAM, "\"%s\" %s", argv[i], wrong);
    }
    if (status != STATUS_GO_ON)
        return report_end(PROGRAM, status);
    for (int i = optind; i < argc; i++) {
        ip_number_parse_prefix(argv[i], &number, &length);
        tell(&number, length);
    }
    return report_end(PROGRAM, STATUS_DONE);
}

static void print_number(const char *before, const struct ip_number *number)
{
    char text[IP_NUMBER_TEXT_SIZE];

    printf("%s%s", before, ip_number_format(number, text));
}

/* What an address says about itself. */
static void tell_address(const struct ip_number *number, bool is_broadcast, bool is_network)
{
    const struct address_kind *kind = address_kind_of(number);
    const char *scope = address_multicast_scope(number);

    print_number("", number);
    if (number->is_ipv6) {
        printf(": IPv6");
    } else {
        const struct address_class *class = address_class_of(number);
        printf(": class %c (%s to %s)", class->letter, class->first, class->last);
    }
    printf(", %s%s%s (%s)", kind->name, scope ? ", scope " : "", scope ? scope : "", kind->source);
    if (is_broadcast)
        printf(", directed broadcast");
    if (is_network)
        printf(", the network itself");
    printf(", %s\n", address_cast_text(is_broadcast ? CAST_ALL
                                       : is_network ? CAST_NONE
                                                    : kind->cast));
}

/* The hosts of an IPv4 network are those between it and its broadcast address. */
static void tell_hosts(struct ip_number first, struct ip_number last, unsigned length)
{
    unsigned long hosts = length == 32 ? 1 : length == 31 ? 2 : (UINT32_MAX >> length) - 1;
    struct ip_number mask = {.bytes = {0xff, 0xff, 0xff, 0xff}};

    mask = ip_number_first(&mask, length);
    print_number(", mask ", &mask);
    if (length <= LONGEST_WITH_BROADCAST)
        print_number(", broadcast ", &last);
    if (length <= LONGEST_WITH_BROADCAST) {
        first.bytes[3]++;
        last.bytes[3]--;
    }
    print_number(", hosts ", &first);
    print_number(" to ", &last);
    printf(" (%lu)", hosts);
}

static void tell_network(const struct ip_number *number, unsigned length, bool has_hosts)
{
    struct ip_number first = ip_number_first(number, length);
    struct ip_number last = ip_number_last(number, length);

    print_number("  network ", &first);
    printf("/%u", length);
    if (has_hosts) {
        tell_hosts(first, last, length);
    } else {
        print_number(", addresses ", &first);
        print_number(" to ", &last);
    }
    putchar('\n');
}

static void tell(const struct ip_number *number, unsigned length)
{
    bool has_length = length <= ip_number_bits(number);
    const struct address_kind *kind = address_kind_of(number);
    /* Groups and what is reserved have no hosts. */
    bool has_hosts = has_length && !number->is_ipv6 && number->bytes[0] < 224;
    bool has_broadcast = has_hosts && length <= LONGEST_WITH_BROADCAST;
    struct ip_number first = ip_number_first(number, length);
    struct ip_number last = ip_number_last(number, length);
    char text[IP_NUMBER_TEXT_SIZE];

    tell_address(number, has_broadcast && ip_number_equal(number, &last),
                 has_broadcast && ip_number_equal(number, &first) && kind->cast != CAST_NONE);
    if (number->is_ipv6)
        printf("  full %s\n", ip_number_format_full(number, text));
    if (has_length)
        tell_network(number, length, has_hosts);
}

static int show_help(void)
{
    printf(
        "usage: ip [-h] ADDRESS[/LENGTH]...\n"
        "Tells of each address what it is: of IPv4 the class, of IPv6 the full form; what it is\n"
        "for, with the RFC that says so; and whom it reaches: one host, the members of a group\n"
        "or all. With LENGTH, the bits of the network's part (0 to 32, or to 128), also its\n"
        "network and hosts. Nothing is sent, and no name is looked up.\n"
        "  -h  show this help\n");
    return STATUS_DONE;
}

static int read_options(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, ":h")) != -1) {
        if (option == 'h')
            return show_help();
        return report_option(PROGRAM, option, optopt);
    }
    if (argc == optind)
        return report_usage(PROGRAM, "needs ADDRESS, got 0 arguments (-h shows help)");
    return STATUS_GO_ON;
}
