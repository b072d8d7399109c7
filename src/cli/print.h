// Printing, the only way for every command. It never throws and never ends the program: results are in their files by
// then, and a full disk or a reader who left must not cost them. What could not be printed decides the exit code.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <utility>

#include "convnext/base/base.h"

namespace convnext::cli {

// Notes the first failure on standard output; none on standard error, where nobody could be told.
void WriteText(std::FILE* stream, std::string_view text);

template <class... Args>
void PrintTo(std::FILE* stream, fmt::format_string<Args...> text, Args&&... args) {
  WriteText(stream, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void PrintOut(fmt::format_string<Args...> text, Args&&... args) {
  PrintTo(stdout, text, std::forward<Args>(args)...);
}
template <class... Args>
void PrintError(fmt::format_string<Args...> text, Args&&... args) {
  PrintTo(stderr, text, std::forward<Args>(args)...);
}

// Whether all of standard output got where it should; to be called once, at the end. A reader who closed the pipe, as
// head does, has read enough: that is no error.
Status FinishOutput();

// Opens those of the first three descriptors that are closed, so that no file which the program opens later takes the
// number and gets its messages. Writing to them fails as before.
void OpenStandardFiles();

}  // namespace convnext::cli
