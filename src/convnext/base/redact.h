#pragma once

#include <string>
#include <string_view>

namespace convnext {

// `text` without what must not leave the machine: user and password in a URL, values of token=, password=, secret= and
// the like, tokens of well-known shapes (hf_, ghp_, github_pat_, glpat-, AKIA, sk-), Authorization headers: "***"
// stands in their place; and without home directories (`home`, /root, /home/NAME, /Users/NAME), which become "~".
// A text that was redacted once stays as it is. The time is linear in the length of the text.
std::string Redact(std::string_view text, std::string_view home);
std::string Redact(std::string_view text);  // `home` is what the variable HOME says

// Whether Redact would change `text`.
bool HoldsSecret(std::string_view text, std::string_view home);
bool HoldsSecret(std::string_view text);

}  // namespace convnext
