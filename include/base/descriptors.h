/* SPDX-License-Identifier: ISC */
/* What descriptors are kept for. */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

/* So many are for all but workers, TCP connections and checks: files, the control thread's loop, the admin
 * API. */
enum { DESCRIPTORS_KEPT = 24 };

#endif
