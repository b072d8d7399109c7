#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "convnext/facts/records.h"

namespace convnext {

// The git repository that `directory` lies in; nullopt if there is none, or no git. Untracked files are not looked at:
// what a run writes beside its repository does not make it dirty.
std::optional<GitFacts> CollectGit(const Machine& machine, const std::string& directory);

// "https://example.org/me/it", "ssh://...", "git@...", or nothing: what a record may hold as an address.
bool IsRepositoryUrl(std::string_view text);

}  // namespace convnext
