#include "convnext/base/numa.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <fstream>

#include "convnext/base/core_mask.h"
#include "convnext/base/cores.h"

namespace convnext {
namespace {

constexpr int kMostNodes = 1024;

bool Contains(std::span<const int> cores, int core) {
  return std::find(cores.begin(), cores.end(), core) != cores.end();
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

// How many cores `cores` are, of which several may be threads of one (SMT).
size_t PhysicalCores(const std::string& root, std::span<const int> cores) {
  const std::string directory = root + "/sys/devices/system/cpu/cpu";
  return static_cast<size_t>(std::count_if(cores.begin(), cores.end(), [&](int core) {
    const auto threads = ParseCoreList(ReadLine(directory + std::to_string(core) + "/topology/thread_siblings_list"));
    return std::none_of(threads.begin(), threads.end(),
                        [&](int thread) { return thread < core && Contains(cores, thread); });
  }));
}

// A node's share of the threads.
size_t Weight(const NumaNode& node) { return std::max<size_t>(1, node.physical_cores); }

}  // namespace

std::vector<int> ParseCoreList(const std::string& text) {
  std::vector<int> cores;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data();; ++at) {
    at = ParseRange(at, end, cores);
    if (at == end) return cores;
    if (at == nullptr || *at != ',' || cores.size() > size_t{kMostCores}) return {};
  }
}

std::vector<NumaNode> ReadNumaNodes(const std::string& root, std::span<const int> allowed, int current) {
  const std::string directory = root + "/sys/devices/system/node/";
  std::vector<NumaNode> nodes;
  for (const int id : ParseCoreList(ReadLine(directory + "online"))) {
    std::vector<int> cores = ParseCoreList(ReadLine(directory + "node" + std::to_string(id) + "/cpulist"));
    std::erase_if(cores, [allowed](int core) { return !Contains(allowed, core); });
    if (!cores.empty()) nodes.push_back({id, std::move(cores)});
  }
  if (nodes.empty()) return {{0, {allowed.begin(), allowed.end()}}};
  if (nodes.size() == 1) return nodes;
  for (NumaNode& node : nodes) node.physical_cores = PhysicalCores(root, node.cores);
  const auto here = std::find_if(nodes.begin(), nodes.end(),
                                 [current](const NumaNode& node) { return Contains(node.cores, current); });
  if (here != nodes.end()) std::rotate(nodes.begin(), here, nodes.end());
  return nodes;
}

std::vector<NumaNode> NumaNodes() { return ReadNumaNodes("", AllowedCores(), ::sched_getcpu()); }

std::vector<size_t> PlaceThreads(std::span<const NumaNode> nodes, size_t threads) {
  std::vector<size_t> placed;
  size_t left = threads, all = 0, seen = 0;
  for (const NumaNode& node : nodes) {
    placed.push_back(std::min(left, Weight(node)));
    left -= placed.back();
    all += Weight(node);
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    const size_t shared_out = left * seen / all;
    seen += Weight(nodes[i]);
    placed[i] += left * seen / all - shared_out;
  }
  return placed;
}

std::vector<NumaNode> NodesInUse(std::span<const NumaNode> nodes, size_t threads) {
  const std::vector<size_t> placed = PlaceThreads(nodes, threads);
  std::vector<NumaNode> used;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (placed[i] > 0) used.push_back(nodes[i]);
  }
  return used;
}

void BindToCores(std::span<const int> cores) {
  CoreMask mask = {};
  for (const int core : cores) CPU_SET_S(static_cast<size_t>(core), sizeof mask, mask.data());
  if (!cores.empty()) ::sched_setaffinity(0, sizeof mask, mask.data());
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
  interleaved_ = ::syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, mask, kMostNodes + 1) == 0;  // the system takes one off
}

InterleavedMemory::~InterleavedMemory() {
  if (interleaved_) ::syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0);
}

}  // namespace convnext
