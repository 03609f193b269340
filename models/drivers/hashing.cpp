/// Drivers of the hashing family: a key in, a number or the name of a target out.

#include "models/algorithms/hashing/hashing.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "models/drivers/catalog.h"
#include "models/drivers/target_list.h"

namespace highwater::drivers {
namespace {

constexpr const char* kKey = "a key: any bytes, the empty line is the empty key";

struct PartitionsParams {
  std::uint32_t partitions = 1;
  static constexpr auto fields() {
    return std::tuple{
        field<&PartitionsParams::partitions>("Partitions of the topic.").required().at_least(1u)};
  }
};

}  // namespace

std::vector<Driver> hashing() {
  std::vector<Driver> drivers;
  drivers.push_back(driver<PartitionsParams>(
      {"kafka_murmur2", "hashing",
       "The partition that Kafka's clients in Java give a message with this key.",
       "Apache Kafka 3.6 Utils.murmur2", kKey, "the partition, from 0",
       "printf '%s\\n' user:1 user:2 | highwater algorithm kafka_murmur2 --partitions 12"},
      [](const PartitionsParams& params) {
        return stateless([n = params.partitions](std::string_view key, std::string& out) {
          out += std::to_string(hashing::kafka_partition(key, n));
        });
      }));
  return drivers;
}

}  // namespace highwater::drivers
