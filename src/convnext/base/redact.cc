#include "convnext/base/redact.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "convnext/base/text.h"

namespace convnext {
namespace {

// No rule looks further than this many bytes for a name or a token.
constexpr size_t kFar = 256;

// A rule's match at a place: `kept` bytes stay, the rest up to `length` bytes becomes `replacement`.
struct Redaction {
  size_t kept = 0;
  size_t length = 0;
  std::string_view replacement = "***";
};

// A part of a path, such as the name of a user, holds more: on some networks that is ann@example.org.
bool IsPathCharacter(char c) { return IsNameCharacter(c) || c == '~' || c == '@' || c == '+'; }

// The length of what stands at the start of `text` and consists of characters that `is_part` accepts.
template <class Predicate>
size_t RunLength(std::string_view text, const Predicate& is_part) {
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_part) - text.begin());
}

bool StartsWord(std::string_view text, size_t at) {
  return at == 0 || (!IsLetterOrDigit(text[at - 1]) && text[at - 1] != '_');
}

// scheme://user:password@host. The user "git" is what everybody is called over ssh.
std::optional<Redaction> FindUrlUser(std::string_view text, size_t at) {
  constexpr std::string_view kMark = "://", kEnd = "/?#\\ \t\r\n\"'<>";
  if (text.substr(at, kMark.size()) != kMark) return std::nullopt;
  const std::string_view rest = text.substr(at + kMark.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of(kEnd));
  const size_t user = authority.rfind('@');
  if (user == std::string_view::npos || user == 0 || authority.substr(0, user) == "git") return std::nullopt;
  return Redaction{kMark.size(), kMark.size() + user};
}

// Whether NAME=value holds a secret. In the query of a URL shorter names do too.
bool IsSecretName(std::string_view name, bool in_query) {
  const std::string lower = LowerCase(name);
  const auto last = std::string_view(lower).substr(lower.find_last_of("_-.") + 1);
  for (const std::string_view secret :
       {"token", "password", "passwd", "passphrase", "secret", "apikey", "credential"}) {
    if (last == secret) return true;
  }
  const std::string_view before = lower.size() > 4 ? std::string_view(lower).substr(0, lower.size() - 4) : "";
  for (const std::string_view kind : {"api", "access", "secret", "private", "auth", "account", "signing"}) {
    if (last == "key" && before.ends_with(kind)) return true;
  }
  return in_query && (lower == "key" || lower == "auth" || lower == "pwd" || lower == "sig" || last == "signature");
}

// token=value, also with value in quotation marks.
std::optional<Redaction> FindAssignment(std::string_view text, size_t at) {
  constexpr std::string_view kEnd = " \t\r\n&#\"'`;,)]}<>|";
  size_t name = at;
  while (name > 0 && at - name < kFar && IsNameCharacter(text[name - 1])) --name;
  const bool in_query = name > 0 && (text[name - 1] == '?' || text[name - 1] == '&');
  if (!IsSecretName(text.substr(name, at - name), in_query)) return std::nullopt;
  const size_t quotation = at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\'') ? 1 : 0;
  const size_t value = at + 1 + quotation;
  const size_t end = std::min(text.find_first_of(kEnd, value), text.size());
  if (value >= end) return std::nullopt;
  return Redaction{value - at, end - at};
}

// A token that is known by its first letters: at least `shortest` characters follow them.
struct TokenShape {
  std::string_view prefix;
  size_t shortest;
  std::string_view marks;  // that it may hold beside letters and digits
  bool has_digit = false;  // what is without any is a word
};

constexpr TokenShape kTokenShapes[] = {
    {"hf_", 20, ""},
    {"ghp_", 20, ""},
    {"gho_", 20, ""},
    {"ghu_", 20, ""},
    {"ghs_", 20, ""},
    {"ghr_", 20, ""},
    {"AKIA", 16, ""},
    {"ASIA", 16, ""},
    {"github_pat_", 20, "_"},
    {"sk-", 20, "_-", true},
    {"glpat-", 16, "_-.", true},
};

std::optional<Redaction> MatchToken(const TokenShape& shape, std::string_view text) {
  if (!text.starts_with(shape.prefix)) return std::nullopt;
  const std::string_view rest = text.substr(shape.prefix.size());
  const auto is_part = [&](char c) { return IsLetterOrDigit(c) || shape.marks.find(c) != std::string_view::npos; };
  const size_t seen = RunLength(rest.substr(0, kFar), is_part);
  const std::string_view start = rest.substr(0, seen);
  if (seen < shape.shortest) return std::nullopt;
  if (shape.has_digit && start.find_first_of("0123456789") == std::string_view::npos) return std::nullopt;
  return Redaction{shape.prefix.size(), shape.prefix.size() + RunLength(rest, is_part)};
}

std::optional<Redaction> FindToken(std::string_view text, size_t at) {
  for (const TokenShape& shape : kTokenShapes) {
    if (const auto found = MatchToken(shape, text.substr(at))) return found;
  }
  return std::nullopt;
}

// Authorization: Bearer value.
std::optional<Redaction> FindAuthorization(std::string_view text, size_t at) {
  constexpr std::string_view kHeader = "authorization";
  if (LowerCase(text[at]) != 'a' || LowerCase(text.substr(at, kHeader.size())) != kHeader) return std::nullopt;
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == ':' || c == '=' || c == '"' || c == '\''; };
  size_t word = at + kHeader.size();
  word += RunLength(text.substr(word, kFar), is_space);
  const size_t length = RunLength(text.substr(word, kFar), IsLetterOrDigit);
  const std::string scheme = LowerCase(text.substr(word, length));
  if (scheme != "bearer" && scheme != "basic" && scheme != "token") return std::nullopt;
  size_t value = word + length;
  value += RunLength(text.substr(value, kFar), is_space);
  const size_t end = std::min(text.find_first_of(" \t\r\n\"',;", value), text.size());
  if (value == word + length || value >= end) return std::nullopt;
  return Redaction{value - at, end - at};
}

// Whether a path can start at `at`: not inside another path or a word, but after -I and -L.
bool StartsPath(std::string_view text, size_t at) {
  if (at == 0) return true;
  const char before = text[at - 1];
  if ((before == 'I' || before == 'L') && at > 1 && text[at - 2] == '-') return true;
  return !IsPathCharacter(before) && before != '*';
}

// The length of the home directory at the start of `text`, 0 if there is none.
size_t HomeLength(std::string_view text, std::string_view home) {
  for (const std::string_view directory : {home, std::string_view("/root")}) {
    const bool same = directory.size() > 1 && text.starts_with(directory);
    if (same && (text.size() == directory.size() || !IsPathCharacter(text[directory.size()]))) return directory.size();
  }
  for (const std::string_view parent : {"/home/", "/Users/"}) {
    const size_t name = text.starts_with(parent) ? RunLength(text.substr(parent.size()), IsPathCharacter) : 0;
    if (name > 0 && text[parent.size()] != '~') return parent.size() + name;
  }
  return 0;
}

std::optional<Redaction> FindHome(std::string_view text, size_t at, std::string_view home) {
  if (!StartsPath(text, at)) return std::nullopt;
  const size_t length = HomeLength(text.substr(at), home);
  return length > 0 ? std::optional(Redaction{0, length, "~"}) : std::nullopt;
}

std::optional<Redaction> FindSecret(std::string_view text, size_t at, std::string_view home) {
  switch (text[at]) {
    case ':':
      return FindUrlUser(text, at);
    case '=':
      return FindAssignment(text, at);
    case '/':
      return FindHome(text, at, home);
    default:
      break;
  }
  if (!IsLetterOrDigit(text[at]) || !StartsWord(text, at)) return std::nullopt;
  const auto token = FindToken(text, at);
  return token ? token : FindAuthorization(text, at);
}

std::string RedactOnce(std::string_view text, std::string_view home) {
  std::string safe;
  for (size_t at = 0; at < text.size();) {
    const auto found = FindSecret(text, at, home);
    if (found) safe.append(text.substr(at, found->kept)).append(found->replacement);
    if (!found) safe += text[at];
    at += found ? found->length : 1;
  }
  return safe;
}

std::string_view HomeVariable() {
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : home;
}

}  // namespace

// Redacting can bring texts together that the next pass finds, such as a URL's host and what stood behind a home
// directory in its path; only a text made for it needs more than three passes.
std::string Redact(std::string_view text, std::string_view home) {
  constexpr int kPasses = 8;
  while (home.ends_with('/')) home.remove_suffix(1);
  std::string safe(text);
  for (int pass = 0; pass < kPasses; ++pass) {
    std::string next = RedactOnce(safe, home);
    if (next == safe) break;
    safe = std::move(next);
  }
  return safe;
}

std::string Redact(std::string_view text) { return Redact(text, HomeVariable()); }
bool HoldsSecret(std::string_view text, std::string_view home) { return Redact(text, home) != text; }
bool HoldsSecret(std::string_view text) { return Redact(text) != text; }

}  // namespace convnext
