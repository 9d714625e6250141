/* SPDX-License-Identifier: Apache-2.0 */

/* Our small functions under names of their own. */
#ifndef SMALL_H
#define SMALL_H

#include <stddef.h>

void *small_memcpy(void *restrict to, const void *restrict from, size_t len);
void *small_memset(void *to, int value, size_t len);
int small_memcmp(const void *left, const void *right, size_t len);
void *small_memmove(void *to, const void *from, size_t len);
void *small_memchr(const void *bytes, int value, size_t len);
size_t small_strlen(const char *text);
int small_strcmp(const char *left, const char *right);
char *small_strchr(const char *text, int c);
size_t small_strcspn(const char *text, const char *ends);
char *small_strpbrk(const char *text, const char *wanted);

#endif
