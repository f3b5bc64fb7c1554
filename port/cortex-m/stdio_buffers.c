/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers of newlib's FILEs: of st_blksize bytes, as fstat() says. The library's own file of these
 * two functions, in whose place this is linked, was built without a look at st_blksize: it takes
 * BUFSIZ for each stream of each thread, and 1 KB is a lot on a small board.
 */
#include <malloc.h>
#include <reent.h>
#include <stdio.h>
#include <sys/stat.h>

/* newlib's own, in none of its headers. Gives fp, which has none, a buffer. */
void __smakebuf_r(struct _reent *reent, FILE *fp);

/* The size of a good buffer for fp, whether it may be a terminal, and flags for it. */
int __swhatbuf_r(struct _reent *reent, FILE *fp, size_t *size, int *may_be_terminal);

int __swhatbuf_r(struct _reent *reent, FILE *fp, size_t *size, int *may_be_terminal)
{
    struct stat st;

    *size = BUFSIZ;
    *may_be_terminal = 0;
    if (fp->_file >= 0 && _fstat_r(reent, fp->_file, &st) == 0) {
        *may_be_terminal = S_ISCHR(st.st_mode);
        if (st.st_blksize > 0) {
            *size = (size_t)st.st_blksize;
        }
    }
    return __SNPT; /* no seeking to multiples of the buffer */
}

void __smakebuf_r(struct _reent *reent, FILE *fp)
{
    unsigned char *buffer = NULL;
    int may_be_terminal = 0, flags = 0;
    size_t size = sizeof fp->_nbuf;

    if (!(fp->_flags & __SNBF)) {
        flags = __swhatbuf_r(reent, fp, &size, &may_be_terminal);
        buffer = _malloc_r(reent, size);
    }
    if (buffer != NULL) {
        flags |= __SMBF;
        if (may_be_terminal) { /* the console, also for who has no terminal: whole lines */
            flags |= __SLBF;
        }
    } else { /* byte by byte */
        buffer = fp->_nbuf;
        size = sizeof fp->_nbuf;
        flags = __SNBF;
        fp->_flags = (short)(fp->_flags & ~__SLBF);
    }
    fp->_bf._base = fp->_p = buffer;
    fp->_bf._size = (int)size;
    fp->_flags = (short)(fp->_flags | flags);
}
