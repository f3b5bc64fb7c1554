/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: who is logged in at a messenger-server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/messenger_users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct messenger_part part(const char *text)
{
    return (struct messenger_part){text, strlen(text)};
}

static struct messenger_user *add(struct messenger_users *users, const char *name, uint64_t now)
{
    struct address address;
    const char *why = NULL;

    address_any(&address, 5000);
    return messenger_users_add(users, part(name), &address, now, &why);
}

static void come_and_go(void **state)
{
    struct messenger_users users;
    struct address address;
    const char *why;

    (void)state;
    address_any(&address, 5000);
    assert_true(messenger_users_init(&users, 2));
    struct messenger_user *alice = add(&users, "alice", 10);
    assert_non_null(alice);
    assert_null(messenger_users_add(&users, part("alice"), &address, 10, &why));
    assert_string_equal(why, "the name is taken");
    struct messenger_user *bob = add(&users, "bob", 20);
    assert_non_null(bob);
    assert_null(messenger_users_add(&users, part("carl"), &address, 10, &why));
    assert_string_equal(why, "the server is full");
    assert_null(messenger_users_add(&users, part("bob"), &address, 10, &why));
    assert_string_equal(why, "the name is taken");
    assert_true(alice->token != bob->token && alice->id != bob->id);
    assert_ptr_equal(messenger_users_by_name(&users, part("alice")), alice);
    assert_ptr_equal(messenger_users_by_name(&users, part("bob")), bob);
    assert_null(messenger_users_by_name(&users, part("al")));
    assert_null(messenger_users_by_name(&users, part("alice2")));
    assert_null(messenger_users_by_name(&users, part("")));
    assert_ptr_equal(messenger_users_by_token(&users, bob->token), bob);

    /* Who has gone is not found by anything, and who comes in that place is another. */
    uint64_t token = alice->token;
    uint32_t id = alice->id;
    messenger_users_remove(&users, alice);
    assert_null(messenger_users_by_name(&users, part("alice")));
    assert_null(messenger_users_by_token(&users, token));
    assert_null(messenger_users_by_token(&users, 0));
    assert_null(messenger_users_by_id(&users, id));
    alice = add(&users, "alice", 30);
    assert_non_null(alice);
    assert_true(alice->id != id && alice->token != token);
    assert_int_equal(alice->number, 0);
    assert_int_equal(users.count, 2);
    messenger_users_free(&users);
}

/* IDs differ modulo MESSENGER_USERS_MOST, and none that was invented finds anybody. */
static void ids(void **state)
{
    bool taken[MESSENGER_USERS_MOST] = {false};
    struct messenger_users users;
    char name[20];

    (void)state;
    assert_true(messenger_users_init(&users, MESSENGER_USERS_MOST));
    for (unsigned i = 0; i < MESSENGER_USERS_MOST; i++) {
        snprintf(name, sizeof name, "user-%u", i);
        struct messenger_user *user = add(&users, name, 0);
        assert_non_null(user);
        assert_true(user->id >= MESSENGER_USERS_MOST);
        assert_false(taken[user->id % MESSENGER_USERS_MOST]);
        taken[user->id % MESSENGER_USERS_MOST] = true;
        assert_ptr_equal(messenger_users_by_id(&users, user->id), user);
    }
    assert_null(add(&users, "one more", 0));
    messenger_users_free(&users);

    assert_true(messenger_users_init(&users, 3));
    assert_non_null(add(&users, "alice", 0));
    for (uint32_t id = 0; id < 5 * MESSENGER_USERS_MOST; id++) {
        const struct messenger_user *found = messenger_users_by_id(&users, id);
        assert_true(!found || found->id == id);
    }
    assert_null(messenger_users_by_id(&users, UINT32_MAX));
    messenger_users_free(&users);
}

/* After so many logins that an ID has no room for more they begin again, and 0 is nobody's. */
static void ids_begin_again(void **state)
{
    struct messenger_users users;

    (void)state;
    assert_true(messenger_users_init(&users, 1));
    users.logins = UINT32_MAX / MESSENGER_USERS_MOST - 2;
    for (int i = 0; i < 4; i++) {
        struct messenger_user *user = add(&users, "alice", 0);
        assert_non_null(user);
        assert_true(user->id >= MESSENGER_USERS_MOST);
        assert_ptr_equal(messenger_users_by_id(&users, user->id), user);
        messenger_users_remove(&users, user);
    }
    assert_int_equal(users.logins, 3);
    messenger_users_free(&users);
}

static void silence(void **state)
{
    struct messenger_users users;

    (void)state;
    assert_true(messenger_users_init(&users, 3));
    assert_null(messenger_users_silent(&users, UINT64_MAX));
    struct messenger_user *alice = add(&users, "alice", 10), *bob = add(&users, "bob", 20);
    assert_null(messenger_users_silent(&users, 9));
    assert_ptr_equal(messenger_users_silent(&users, 10), alice);
    alice->heard = 30;
    assert_null(messenger_users_silent(&users, 19));
    assert_ptr_equal(messenger_users_silent(&users, 29), bob);
    messenger_users_remove(&users, bob);
    assert_null(messenger_users_silent(&users, 29));
    messenger_users_free(&users);
}

/* Every page is full, and all of them together have each user once. */
static void pages(void **state)
{
    struct messenger_users users;
    char name[MESSENGER_NAME_MOST + 1], bytes[MESSENGER_DATAGRAM_MOST];
    struct draft draft = {.bytes = bytes, .size = sizeof bytes};
    struct messenger_datagram datagram;
    uint32_t from = 0;
    unsigned count = 0, pages_count = 0;

    (void)state;
    assert_true(messenger_users_init(&users, MESSENGER_USERS_MOST));
    for (unsigned i = 0; i < MESSENGER_USERS_MOST; i++) {
        snprintf(name, sizeof name, "%031u", i);
        assert_non_null(add(&users, name, 0));
    }
    for (unsigned i = 0; i < MESSENGER_USERS_MOST; i += 5)
        messenger_users_remove(&users, &users.all[i]);
    do {
        messenger_write(&draft, MESSENGER_USERS, UINT64_MAX, UINT32_MAX);
        messenger_users_write(&users, from, &draft);
        assert_false(draft.cut);
        assert_true(messenger_read(bytes, draft.length, &datagram));
        assert_true(messenger_next_number(&datagram.rest, MESSENGER_USERS_MOST, &from));
        assert_true(from == 0 || draft.length > sizeof bytes - MESSENGER_NAME_MOST - 6);
        while (datagram.rest.length > 0) {
            struct messenger_part next = messenger_next(&datagram.rest);
            while (count % 5 == 0)
                count++;
            snprintf(name, sizeof name, "%031u", count++);
            assert_int_equal(next.length, MESSENGER_NAME_MOST);
            assert_memory_equal(next.bytes, name, MESSENGER_NAME_MOST);
        }
        pages_count++;
    } while (from != 0);
    assert_int_equal(count, MESSENGER_USERS_MOST);
    assert_in_range(pages_count, 2, 4);
    /* From beyond the end there is nothing. */
    messenger_write(&draft, MESSENGER_USERS, 1, 1);
    messenger_users_write(&users, MESSENGER_USERS_MOST, &draft);
    assert_memory_equal(bytes + draft.length - 4, " 1 0", 4);
    messenger_users_free(&users);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_and_go), cmocka_unit_test(ids),   cmocka_unit_test(ids_begin_again),
        cmocka_unit_test(silence),     cmocka_unit_test(pages),
    };

    return cmocka_run_group_tests_name("messenger_users", tests, NULL, NULL);
}
