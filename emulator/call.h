// How every function of AscendCL is entered: a fault may take its place, and a line of the log follows it.
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <new>
#include <string>
#include <type_traits>

#include "runtime.h"

namespace ascend_emulator {

// The number in an enumerator that comes from a client, which may be none of the enumeration's.
template <class Enumeration>
int Number(const Enumeration& value) {
  int number = 0;
  static_assert(sizeof number == sizeof value);
  std::memcpy(&number, &value, sizeof number);
  return number;
}

template <class T>
std::string ArgumentText(const T& value) {
  if constexpr (std::is_same_v<T, const char*> || std::is_same_v<T, char*>) {
    return value == nullptr ? "nullptr" : fmt::format("\"{}\"", value);
  } else if constexpr (std::is_pointer_v<T>) {
    return value == nullptr ? "nullptr" : fmt::format("{}", reinterpret_cast<const void*>(value));
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(Number(value));
  } else {
    return fmt::format("{}", value);
  }
}

template <class... Arguments>
std::string CallText(const char* function, const std::string& result, const Arguments&... arguments) {
  std::string line = std::string(function) + '(';
  size_t left = sizeof...(arguments);
  ((line += ArgumentText(arguments), line += --left > 0 ? ", " : ""), ...);
  return line + ") = " + result;
}

// A failing function returns this: the code; -1, the undefined type or format; a null pointer; size 0.
template <class Result>
Result FailureValue(aclError code) {
  if constexpr (std::is_same_v<Result, aclError>) return code;
  if constexpr (std::is_enum_v<Result>) return static_cast<Result>(-1);
  return Result{};
}

// `body` without its exceptions, which must not cross AscendCL's C interface.
template <class Body>
std::invoke_result_t<Body> CatchAll(const Body& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return FailureValue<std::invoke_result_t<Body>>(Fail(200000, "EH0010: the host has no memory left"));
  }
}

// A function that acquires or works: with a fault it does nothing.
template <class Body, class... Arguments>
std::invoke_result_t<Body> Call(const char* function, const Body& body, const Arguments&... arguments) {
  using Result = std::invoke_result_t<Body>;
  const std::optional<aclError> fault = ConsumeFault(function);
  const Result result = fault ? FailureValue<Result>(*fault) : CatchAll(body);
  if (Logging()) Log(CallText(function, ArgumentText(result), arguments...));
  return result;
}

// A function that releases: with a fault it releases and fails nevertheless. A client cannot do anything about a failed
// release, and one that is not repeated is no leak of the client's.
template <class Body, class... Arguments>
aclError Release(const char* function, const Body& body, const Arguments&... arguments) {
  const std::optional<aclError> fault = ConsumeFault(function);
  const aclError done = CatchAll(body);
  const aclError result = fault ? *fault : done;
  if (Logging()) Log(CallText(function, ArgumentText(result), arguments...));
  return result;
}

}  // namespace ascend_emulator
