#include "base/numa.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <fstream>

namespace convnext {
namespace {

constexpr int kMostCores = 65536;
constexpr int kMostNodes = 1024;

// The cores of the calling thread's affinity mask; empty if it has more than glibc's mask holds.
std::vector<int> AllowedCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

// "5" or "0-3" from `text` on, appended to `cores`; the place after it, nullptr if it is neither.
const char* ParseRange(const char* text, const char* end, std::vector<int>& cores) {
  int first = 0, last = 0;
  auto number = std::from_chars(text, end, first);
  if (number.ec != std::errc()) return nullptr;
  last = first;
  if (number.ptr != end && *number.ptr == '-') number = std::from_chars(number.ptr + 1, end, last);
  if (number.ec != std::errc() || first < 0 || last < first || last >= kMostCores) return nullptr;
  for (int core = first; core <= last; ++core) cores.push_back(core);
  return number.ptr;
}

std::string ReadLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

std::vector<int> ParseCoreList(const std::string& text) {
  std::vector<int> cores;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end; ++at) {
    at = ParseRange(at, end, cores);
    if (at == nullptr || (at != end && *at != ',') || cores.size() > size_t{kMostCores}) return {};
    if (at == end) break;
  }
  return cores;
}

std::vector<NumaNode> ReadNumaNodes(const std::string& root, std::span<const int> allowed, int current) {
  const std::string directory = root + "/sys/devices/system/node/";
  std::vector<NumaNode> nodes;
  for (const int id : ParseCoreList(ReadLine(directory + "online"))) {
    NumaNode node{id, {}};
    for (const int core : ParseCoreList(ReadLine(directory + "node" + std::to_string(id) + "/cpulist"))) {
      if (std::find(allowed.begin(), allowed.end(), core) != allowed.end()) node.cores.push_back(core);
    }
    if (!node.cores.empty()) nodes.push_back(std::move(node));
  }
  if (nodes.empty()) return {{0, {allowed.begin(), allowed.end()}}};
  const auto here = std::find_if(nodes.begin(), nodes.end(), [current](const NumaNode& node) {
    return std::find(node.cores.begin(), node.cores.end(), current) != node.cores.end();
  });
  if (here != nodes.end()) std::rotate(nodes.begin(), here, nodes.end());
  return nodes;
}

std::vector<NumaNode> NumaNodes() { return ReadNumaNodes("", AllowedCores(), ::sched_getcpu()); }

std::vector<size_t> PlaceThreads(std::span<const NumaNode> nodes, size_t threads) {
  std::vector<size_t> placed(nodes.size(), 0);
  size_t left = threads;
  for (size_t i = 0; i < nodes.size(); ++i) {
    placed[i] = std::min(left, nodes[i].cores.size());
    left -= placed[i];
  }
  for (size_t i = 0; i < nodes.size(); ++i) placed[i] += left / nodes.size() + (i < left % nodes.size() ? 1 : 0);
  return placed;
}

void BindToCores(std::span<const int> cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) {
    if (core < CPU_SETSIZE) CPU_SET(core, &set);
  }
  if (CPU_COUNT(&set) > 0) ::sched_setaffinity(0, sizeof set, &set);
}

InterleavedMemory::InterleavedMemory(std::span<const NumaNode> nodes) {
  int policy = MPOL_DEFAULT;  // another one is the user's choice, by numactl
  if (nodes.size() < 2 || ::syscall(SYS_get_mempolicy, &policy, nullptr, 0, nullptr, 0) != 0) return;
  if (policy != MPOL_DEFAULT) return;
  constexpr size_t kBits = sizeof(unsigned long) * CHAR_BIT;
  unsigned long mask[kMostNodes / kBits] = {};
  for (const NumaNode& node : nodes) {
    if (node.id < kMostNodes) mask[static_cast<size_t>(node.id) / kBits] |= 1UL << static_cast<size_t>(node.id) % kBits;
  }
  interleaved_ = ::syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, mask, kMostNodes) == 0;
}

InterleavedMemory::~InterleavedMemory() {
  if (interleaved_) ::syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0);
}

}  // namespace convnext
