/* SPDX-License-Identifier: ISC */
/* The list of what is wrong with the files of a run. */
#include "base/fault.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static void add(struct faults *faults, struct spot at, bool warning,
						      const char *format, va_list args)
{
	char text[1024];
	vsnprintf(text, sizeof(text), format, args);
	faults->list = mem_grow(faults->list, &faults->cap, faults->n + 1, sizeof(*faults->list));
	faults->list[faults->n++] = (struct fault){
		.file = mem_copy_text(at.file, strlen(at.file)),
		.line = at.line,
		.column = at.column,
		.text = mem_copy_text(text, strlen(text)),
		.warning = warning,
	};
	faults->errors += !warning;
}

void fault_add(struct faults *faults, struct spot at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(faults, at, false, format, args);
	va_end(args);
}

void fault_warn(struct faults *faults, struct spot at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(faults, at, true, format, args);
	va_end(args);
}

char *fault_format(const struct fault *fault, char *out, size_t room)
{
	const char *mark = fault->warning ? "warning: " : "";
	if (fault->line > 0)
		snprintf(out, room, "%s:%u:%u: %s%s", fault->file, fault->line, fault->column, mark,
			 fault->text);
	else
		snprintf(out, room, "%s: %s%s", fault->file, mark, fault->text);
	return out;
}

void faults_print(const struct faults *faults, FILE *out)
{
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->list[i];
		fprintf(out, "%s:", f->file);
		if (f->line > 0)
			fprintf(out, "%u:%u:", f->line, f->column);
		fprintf(out, " %s%s\n", f->warning ? "warning: " : "", f->text);
	}
}

void faults_free(struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++) {
		free(faults->list[i].file);
		free(faults->list[i].text);
	}
	free(faults->list);
	*faults = (struct faults){0};
}
