/* SPDX-License-Identifier: ISC */
/* Any text as gslbd.conf: faults or a config, and nothing else. */
#include "config/config.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults faults = {0};
	if (memmem(data, size, "$", 1) != NULL) /* $INCLUDE would open files */
		return 0;
	struct config *config = config_read_text("fuzz", (const char *)data, size, &faults);
	require(config != NULL);
	config_free(config);
	faults_free(&faults);
	return 0;
}
