using Backprop.Coordinator.Cli;

return await CommandLine.RunAsync(args);
