#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "convnext/base/bilingual.h"

namespace convnext {

// Why something failed. The command line maps each to an exit code: kInvalid 2, kUnavailable 3, the rest 4.
enum class Code {
  kOk,
  kInvalid,      // wrong use or input: the caller can mend it
  kUnavailable,  // the device, or what it needs, is not there
  kIo,           // the system refused: disk full, permission, read error
  kInternal,     // a fault in this program
  kCancelled,    // the caller asked to stop
};

struct ReasonTexts {
  std::string symptom, cause, advice;
  bool operator==(const ReasonTexts&) const = default;
};

// A reason that keeps a device from being used, for people and for programs. MakeReason makes it.
struct BlockingReason {
  std::string code;     // stable, "npu.driver.missing"
  std::string symptom;  // what was found
  std::string cause;
  std::string advice;                       // one line: what to do
  std::optional<ReasonTexts> chinese = {};  // the three in Chinese, which records of earlier versions do not have
  bool operator==(const BlockingReason&) const = default;
};

BlockingReason MakeReason(std::string code, Bilingual symptom, Bilingual cause, Bilingual advice);

// `reason` with `text` behind its symptom or its advice.
void AddToSymptom(BlockingReason& reason, const Bilingual& text);
void AddToAdvice(BlockingReason& reason, const Bilingual& text);

// The outcome of a call. An error message says what was wrong, what was expected and what to do.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  // kUnavailable for `reasons`, at least one; the message has them all, in three lines each.
  explicit Status(std::vector<BlockingReason> reasons);

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  // Why a device cannot be used, where that is known; empty otherwise.
  const std::vector<BlockingReason>& reasons() const;

  // What happened, stable, for programs that count failures ("picture.damaged"); empty where nobody has said.
  std::string_view kind() const { return kind_; }
  // The same error of the kind `kind`, a literal, unless it has one.
  Status WithKind(const char* kind) const {
    Status status = *this;
    if (!ok() && kind_[0] == '\0') status.kind_ = kind;
    return status;
  }

  // The same error with `context` in front: "context: message".
  Status Prefixed(std::string_view context) const {
    Status prefixed = *this;
    prefixed.message_ = fmt::format("{}: {}", context, message_);
    return prefixed;
  }

 private:
  Code code_ = Code::kOk;
  const char* kind_ = "";
  std::string message_;
  std::shared_ptr<const std::vector<BlockingReason>> reasons_;  // shared: a status stays cheap to copy
};

template <class... Args>
Status Invalid(fmt::format_string<Args...> text, Args&&... args) {
  return {Code::kInvalid, fmt::format(text, std::forward<Args>(args)...)};
}
template <class... Args>
Status Unavailable(fmt::format_string<Args...> text, Args&&... args) {
  return {Code::kUnavailable, fmt::format(text, std::forward<Args>(args)...)};
}
template <class... Args>
Status IoError(fmt::format_string<Args...> text, Args&&... args) {
  return {Code::kIo, fmt::format(text, std::forward<Args>(args)...)};
}
template <class... Args>
Status Internal(fmt::format_string<Args...> text, Args&&... args) {
  return {Code::kInternal, fmt::format(text, std::forward<Args>(args)...)};
}

template <class... Args>
Status Cancelled(fmt::format_string<Args...> text, Args&&... args) {
  return {Code::kCancelled, fmt::format(text, std::forward<Args>(args)...)};
}

// A value or the reason why there is none. value() may be called only if ok().
template <class T>
class [[nodiscard]] Result {
 public:
  template <class U = T>
  requires std::is_convertible_v<U&&, T> Result(U&& value) : state_(std::in_place_type<T>, std::forward<U>(value)) {}
  Result(Status status) : state_(std::move(status)) {}

  bool ok() const { return std::holds_alternative<T>(state_); }
  const Status& status() const {
    static const Status done;
    return ok() ? done : std::get<Status>(state_);
  }
  const T& value() const& { return std::get<T>(state_); }
  T& value() & { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<T, Status> state_;
};

// CONVNEXT_RETURN_IF_ERROR(CheckWritable(path));
// Evaluates a Status, and returns it from this function if it is an error. The function gives a Status or a Result.
#define CONVNEXT_RETURN_IF_ERROR(...) CONVNEXT_RETURN_IF_ERROR_AS(CONVNEXT_UNIQUE(convnext_status_), __VA_ARGS__)

// CONVNEXT_ASSIGN_OR_RETURN(const auto file, ReadFile(path, kMaxBytes));
// CONVNEXT_ASSIGN_OR_RETURN(engine.session_, backend.Load(model, options));
// Evaluates a Result, moves its value into the declared or existing variable, or returns its error as above. The
// declaration holds no comma. Both macros evaluate their expression once. This one is several statements: under an if
// it needs braces.
#define CONVNEXT_ASSIGN_OR_RETURN(declaration, ...) \
  CONVNEXT_ASSIGN_OR_RETURN_AS(CONVNEXT_UNIQUE(convnext_result_), declaration, __VA_ARGS__)

// Parts of the two macros. Every use has a variable of its own, so that uses within lambdas do not shadow each other.
#define CONVNEXT_CONCATENATED(a, b) a##b
#define CONVNEXT_CONCATENATE(a, b) CONVNEXT_CONCATENATED(a, b)
#define CONVNEXT_UNIQUE(prefix) CONVNEXT_CONCATENATE(prefix, __COUNTER__)
#define CONVNEXT_RETURN_IF_ERROR_AS(variable, ...)                                    \
  do {                                                                                \
    if (::convnext::Status variable = (__VA_ARGS__); !variable.ok()) return variable; \
  } while (false)
#define CONVNEXT_ASSIGN_OR_RETURN_AS(variable, declaration, ...) \
  auto variable = (__VA_ARGS__);                                 \
  if (!variable.ok()) return variable.status();                  \
  declaration = std::move(variable).value()

}  // namespace convnext
