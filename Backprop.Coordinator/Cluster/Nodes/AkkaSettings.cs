using System.Globalization;
using Akka.Configuration;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>How nodes use Akka; docs/cluster.md says why, with what was measured.</summary>
internal static class AkkaSettings
{
    /// <summary>The dispatcher of the actor that writes records: it waits for disks, and no other may wait for it.</summary>
    public const string RecordDispatcher = "backprop.record-dispatcher";

    /// <summary>
    /// What is the same for all nodes. Akka's own serializers that make objects of types which a message names are replaced: json any,
    /// proto any Protobuf message (an order, say, that was never judged), daemon-create any actor.
    /// </summary>
    private static readonly string Common = string.Create(CultureInfo.InvariantCulture, $$"""
        akka {
          loggers = []
          stdout-loglevel = OFF
          loglevel = WARNING
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          scheduler.tick-duration = 100ms
          actor {
            provider = cluster
            serializers {
              mail = "{{Name(typeof(MailSerializer))}}"
              none = "{{Name(typeof(NoSerializer))}}"
              json = "{{Name(typeof(NoSerializer))}}"
              proto = "{{Name(typeof(NoSerializer))}}"
              daemon-create = "{{Name(typeof(NoSerializer))}}"
              reliable-delivery = "{{Name(typeof(NoSerializer))}}"
            }
            serialization-bindings {
              "Google.Protobuf.IMessage, Google.Protobuf" = mail
              "System.Object" = none
            }
          }
          cluster {
            use-dispatcher = backprop.cluster-dispatcher
            run-coordinated-shutdown-when-down = off
            downing-provider-class = "Akka.Cluster.NoDowning, Akka.Cluster"
            failure-detector { heartbeat-interval = 1s, acceptable-heartbeat-pause = 6s }
          }
          coordinated-shutdown {
            exit-clr = off
            run-by-clr-shutdown-hook = off
            run-by-actor-system-terminate = off
            phases {
              cluster-leave.timeout = 40s
              cluster-exiting.timeout = 40s
              cluster-exiting-done.timeout = 40s
              cluster-shutdown.timeout = 40s
            }
          }
        }
        backprop {
          cluster-dispatcher { type = ForkJoinDispatcher, throughput = 5, dedicated-thread-pool.thread-count = 2 }
          record-dispatcher.type = PinnedDispatcher
        }
        """);

    /// <summary>The configuration of a node's actor system.</summary>
    /// <param name="bound">The host that is listened on.</param>
    /// <param name="advertised">The host by which others reach it.</param>
    /// <param name="port">Akka's port; 0: any free one.</param>
    /// <param name="hasTls">It speaks TLS: see <see cref="AkkaTls"/>.</param>
    public static Config Of(string bound, string advertised, int port, IEnumerable<string> roles, bool hasTls)
    {
        var tls = hasTls ? "on" : "off";
        var names = string.Join(", ", roles.Select(role => $"\"{role}\""));
        return ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $$"""
            akka.cluster.roles = [{{names}}]
            akka.remote.dot-netty.tcp {
              hostname = "{{advertised}}"
              bind-hostname = "{{bound}}"
              port = {{port}}
              maximum-frame-size = 256000b
              batching.enabled = false
              enable-ssl = {{tls}}
            }
            """)).WithFallback(ConfigurationFactory.ParseString(Common));
    }

    private static string Name(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
