// SPDX-License-Identifier: Apache-2.0
/* The batch buffer: records one behind the other, each at a multiple of 8 bytes. */
#include "internal.h"

bool batch__append(struct batch *batch, const void *record, size_t bytes)
{
	size_t padded = (bytes + 7) & ~(size_t)7;

	if (padded > batch->bytes - batch->used)
		return false;
	memcpy(batch->at + batch->used, record, bytes);
	memset(batch->at + batch->used + bytes, 0, padded - bytes);
	batch->used += padded;
	return true;
}
