// Sends one mail over SOAP with JAX-WS. See README.md.

import epm.*;
import java.util.Map;
import javax.xml.ws.BindingProvider;

public class SendEmail {
    public static void main(String[] to) throws Exception {
        AppIntfWS service = new AppIntfWS_Service().getAppIntfWSSoap11();
        Map<String, Object> context = ((BindingProvider) service).getRequestContext();
        context.put(BindingProvider.USERNAME_PROPERTY, System.getenv("EPM_CREDENTIAL"));
        context.put(BindingProvider.PASSWORD_PROPERTY, System.getenv("EPM_SECRET"));

        SendEmailRequest mail = new SendEmailRequest();
        mail.setFrom("demo@example.com");
        mail.setTo(to.length > 0 ? String.join(", ", to) : "delivered@world.example");
        mail.setSubject("Hello");
        mail.setBody("By JAX-WS.");
        mail.setEmailParameters("notify=SUCCESS,FAILURE;tag=java");
        Attachment file = new Attachment();
        file.setFileName("hello.txt");
        file.setContent("Hello".getBytes("UTF-8"));
        mail.getAttachment().add(file);
        try {
            String id = service.sendEmail(mail).getMessageIDReturned();
            System.out.println("accepted " + id);
            GetEmailStatusRequest asked = new GetEmailStatusRequest();
            asked.setMessageID(id);
            for (RecipientStatus recipient : service.getEmailStatus(asked).getRecipient())
                System.out.println(recipient.getAddress() + ": " + recipient.getState());
        } catch (ProblemFault fault) {
            Problem problem = fault.getFaultInfo();
            System.err.println("not done: " + problem.getCode() + " (" + problem.getField() + "): " + problem.getDetail());
            System.exit(1);
        }
    }
}
