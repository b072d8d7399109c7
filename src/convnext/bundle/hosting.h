// A bundle is a repository: what git and the hosts of repositories add to it, and what they make of its files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "convnext/bundle/directory.h"

namespace convnext {

// GitAttributes() with the lines behind it that a host has put into `found`.
std::string GitAttributesWith(std::string_view found);

// The first line of a .gitattributes that neither the program nor a host writes; nothing if there is none. A host's
// lines are comments and "PATTERN filter=lfs diff=lfs merge=lfs -text", which keeps files elsewhere and whole.
std::optional<std::string> FindForeignAttribute(std::string_view text);

// Whether git may change the line ends of files that this .gitattributes governs.
bool AllowsLineEndChanges(std::string_view attributes);

// The first line of a LICENSE that is neither of the Apache License nor a copyright notice, or what else is wrong with
// it; nothing if it is that licence. (A host puts the text into a new repository.)
std::optional<std::string> FindForeignTerm(std::string_view text);

// Whether a file of this name is no part of the evidence, but what hosts and their tools add: .gitattributes, LICENSE,
// and .cache/huggingface of a download to a directory (or of an upload from it).
bool IsHosted(const std::string& path);

// Says how a file that IsHosted differs from what the tool leaves there; empty if it does not.
std::string FindHostedFault(const std::string& path, const std::string& bytes);

// Whether a directory holds nothing but what a host puts into a new repository.
bool IsNewRepository(const Directory& directory);

// The sha256 of the file in whose place `bytes` stand, if these are a Git LFS pointer.
std::optional<std::string> LfsPointerTarget(std::string_view bytes);

// `bytes` with LF for each CRLF.
std::string WithUnixLineEnds(std::string_view bytes);

// What to type in the bundle's directory where git changed line ends, and where LFS pointers lie in the place of files.
inline constexpr const char* kMendLineEnds =
    "git config core.autocrlf false && git rm -r -q --cached . && git checkout HEAD -- .";
inline constexpr const char* kMendPointers = "git lfs install && git lfs pull";

}  // namespace convnext
