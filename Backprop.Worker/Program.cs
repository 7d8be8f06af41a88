using Backprop.Worker.Cli;

return await WorkerCommand.RunAsync(args);
