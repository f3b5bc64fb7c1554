/* SPDX-License-Identifier: BSD-3-Clause */
/* Formatted text for whatever takes it, see ps_out.h. */
#include "ps_out.h"
#include <stdarg.h>
#include <stdio.h>

void ps_printf(struct ps_out *out, const char *format, ...)
{
    char text[PS_OUT_MAX + 1];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0) {
        out->write(out, text, length > PS_OUT_MAX ? PS_OUT_MAX : (size_t)length);
    }
}
